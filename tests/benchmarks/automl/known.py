"""The supervised tables of the shared data sets, a loader each, as their README's protocols say.

Rows are in time order where a table has a time column. Columns that only repeat the target are left out: the search is
compared here; the leak audit has tests of its own.
"""

from pathlib import Path

import pandas as pd

SHARED = Path(__file__).parents[4] / "shared" / "data"
_PLATES = ["Pastry", "Z_Scratch", "K_Scatch", "Stains", "Dirtiness", "Bumps", "Other_Faults"]
_SPINDLE = ["S1_CurrentFeedback", "S1_DCBusVoltage", "S1_OutputCurrent", "S1_OutputVoltage"]


def ai4i() -> pd.DataFrame:
    """10,000 × 7: 3.4 % machine failures."""
    modes = ["TWF", "HDF", "PWF", "OSF", "RNF"]
    return pd.read_csv(SHARED / "ai4i2020" / "ai4i2020.csv").drop(columns=[*modes, "UDI"])


def _steel() -> pd.DataFrame:
    frame = pd.read_csv(SHARED / "steel_industry_energy" / "Steel_industry_data.csv").drop(columns="CO2(tCO2)")
    date = pd.to_datetime(frame["date"], format="%d/%m/%Y %H:%M")
    # The row at midnight carries the day that just ended.
    frame["date"] = date + pd.to_timedelta((frame["NSM"] == 0).astype(int), unit="D")
    return frame.sort_values("date", kind="stable")


def steel_usage() -> pd.DataFrame:
    """35,040 × 5: energy of a quarter hour from calendar and load type."""
    frame = _steel()
    return frame.drop(columns=[name for name in frame.columns if "Power" in name or "Reactive" in name])


def steel_load() -> pd.DataFrame:
    """35,040 × 5: load type (3 classes) from the power columns."""
    return _steel().drop(columns=["date", "NSM", "WeekStatus", "Day_of_week"])


def plates() -> pd.DataFrame:
    """1,941 × 27: seven kinds of faults of steel plates."""
    frame = pd.read_csv(SHARED / "steel_plates_faults" / "faults.csv")
    return frame.drop(columns=_PLATES).assign(fault=frame[_PLATES].idxmax(axis=1))


def lens() -> pd.DataFrame:
    """1,451 × 13: quality of a moulded lens (4 classes)."""
    return pd.read_csv(SHARED / "injection_moulding_lens" / "data.csv", sep=";").astype({"quality": int})


def garment() -> pd.DataFrame:
    """1,197 × 14: productivity of a sewing team on a day; small, noisy, with incentive."""
    frame = pd.read_csv(SHARED / "garment_productivity" / "garments_worker_productivity.csv")
    frame["date"] = pd.to_datetime(frame["date"], format="%m/%d/%Y")
    return frame.sort_values("date", kind="stable")


def _turbine(target: str) -> pd.DataFrame:
    frame = pd.read_csv(SHARED / "gas_turbine_emission" / "turbine_emission.csv.gz")
    frame["datetime"] = pd.to_datetime(frame["datetime"])
    process = [name for name in frame.columns if name not in {"NOX", "CO"}]
    return frame[list(dict.fromkeys([*process, target]))].sort_values("datetime", kind="stable")


def turbine_nox() -> pd.DataFrame:
    """36,733 × 10: nitrogen oxides; strong drift."""
    return _turbine("NOX")


def turbine_co() -> pd.DataFrame:
    """36,733 × 10: carbon monoxide; drift, skewed."""
    return _turbine("CO")


def turbine_power() -> pd.DataFrame:
    """36,733 × 9: power of the turbine; nearly linear."""
    return _turbine("TEY")


def _mill() -> pd.DataFrame:
    paths = sorted((SHARED / "cnc_mill_tool_wear").glob("experiment_*.csv.gz"))
    # The unnamed first column is the row's number within its file.
    frames = [pd.read_csv(path, index_col=0).assign(experiment=path.name[:13]) for path in paths]
    return pd.concat(frames, ignore_index=True)


def mill_wear() -> pd.DataFrame:
    """25,286 × 48: a worn tool, by whole experiments."""
    return _mill()


def mill_power() -> pd.DataFrame:
    """25,286 × 44: power of the spindle, by whole experiments."""
    return _mill().drop(columns=[*_SPINDLE, "tool_condition"])


def titanic() -> pd.DataFrame:
    """1,309 × 11: survivors; names, tickets and cabins as text."""
    return pd.read_excel(SHARED / "titanic" / "titanic3.xls", dtype={"ticket": str}).drop(columns=["boat", "body"])


def bands() -> pd.DataFrame:
    """540 × 39: bands on a printing cylinder; small, dirty categories, over a year."""
    names = [f"c{number:02d}" for number in range(1, 40)]
    path = SHARED / "cylinder_bands" / "bands.data"
    frame = pd.read_csv(path, header=None, names=[*names, "band"], na_values="?", skip_blank_lines=True)
    for name in frame.select_dtypes(exclude="number"):
        frame[name] = frame[name].str.strip().str.lower()
    frame["c01"] = pd.to_datetime(frame["c01"].astype(str), format="%Y%m%d")
    return frame.sort_values("c01", kind="stable")


def transformer() -> pd.DataFrame:
    """17,400 × 26: oil temperature a day ahead, from the last value of each load and lags of 24 to 168 hours."""
    frame = pd.read_csv(SHARED / "etth1" / "ETTh1.csv.gz", parse_dates=["date"]).sort_values("date", kind="stable")
    lagged = {f"{name}_{lag}": frame[name].shift(lag) for name in frame.columns[1:-1] for lag in (24, 48)}
    past = {f"OT_{lag}": frame["OT"].shift(lag) for lag in (24, 25, 26, 30, 36, 48, 72, 96, 120, 144, 168)}
    return pd.DataFrame({"date": frame["date"], **lagged, **past, "OT": frame["OT"]}).iloc[24:]
