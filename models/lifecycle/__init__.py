"""The life of a study's models: who may score the units, when a new one takes over, when one has to go."""
