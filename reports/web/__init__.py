"""The dashboard: a report that does not stop."""
