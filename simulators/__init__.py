"""Factories with a known truth."""
