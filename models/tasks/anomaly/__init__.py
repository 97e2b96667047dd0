"""Rows that are unlike the others, with and without labels."""
