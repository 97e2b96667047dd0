"""What to fix first: windows, adjusted effects, intervals, the ranking document."""
