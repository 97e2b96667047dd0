"""One file per sub-command; thin edges over the modules that do the work."""
