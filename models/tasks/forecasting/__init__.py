"""What one or several series will be, with intervals."""
