"""Groups of rows that are alike."""
