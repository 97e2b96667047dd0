"""From the user's columns to numbers and back: what each column is, how its cells are read, what was left out."""
