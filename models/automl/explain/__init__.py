"""What moved a prediction, and what a model attends to: by row and over all, in the user's columns."""
