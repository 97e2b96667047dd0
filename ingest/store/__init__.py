"""The only SQL of the application."""
