"""Study tables: one row per unit, one column per factor, and the target."""
