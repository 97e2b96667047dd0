"""The energy account of a line: energy intensity, baseline, savings, idle, peaks, scrap, forecast, conflicts."""
