"""AutoML that tells the truth: `fit` takes any flat table and a target and returns the best honest model."""
