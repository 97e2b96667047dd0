"""What a target measured as power or energy is in kWh."""

__all__ = ["KWH_PER", "kwh_per"]

KWH_PER = {"W": 0.001, "kW": 1.0, "MW": 1000.0, "Wh": 0.001, "kWh": 1.0, "MWh": 1000.0}
"""kWh per unit: in an hour, for a power."""


def kwh_per(unit: str, hours: float) -> float | None:
    """kWh that one of this unit is over an interval of so many hours; None where it is neither power nor energy.

    >>> kwh_per("kW", 0.25), kwh_per("mwh", 0.25), kwh_per("bar", 0.25)
    (0.25, 1000.0, None)
    """
    said = unit.strip().lower()
    found = next((size for name, size in KWH_PER.items() if name.lower() == said), None)
    return None if found is None else found * (1.0 if said.endswith("h") else hours)
