"""Lines of logs that are unlike the others."""
