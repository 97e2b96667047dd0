"""What texts speak of."""
