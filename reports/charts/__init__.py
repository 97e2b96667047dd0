"""Charts as Altair specifications, one file per kind, rendered to SVG."""
