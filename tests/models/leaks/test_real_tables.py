"""The leak table of ``shared/data/README.md``: what is clear is found, what is honest is left alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.leaks import LeakReport, audit_table

DATA = Path(__file__).parents[4] / "shared" / "data"

pytestmark = [pytest.mark.shared, pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not here")]

CNC = ("S1_CurrentFeedback", "S1_DCBusVoltage", "S1_OutputCurrent", "S1_OutputVoltage")
FAULTS = ("Pastry", "Z_Scratch", "K_Scatch", "Stains", "Dirtiness", "Bumps", "Other_Faults")
BANDS = {0: "timestamp", 1: "cylinder number", 2: "customer", 3: "job number", 39: "band"}


def ai4i() -> pd.DataFrame:
    return pd.read_csv(DATA / "ai4i2020/ai4i2020.csv")


def steel() -> pd.DataFrame:
    return pd.read_csv(DATA / "steel_industry_energy/Steel_industry_data.csv", encoding="utf-8-sig")


def plates() -> pd.DataFrame:
    return pd.read_csv(DATA / "steel_plates_faults/faults.csv")


def iris() -> pd.DataFrame:
    names = ["sepal length", "sepal width", "petal length", "petal width", "class"]
    return pd.read_csv(DATA / "iris/iris.csv", header=None, names=names)


def lens() -> pd.DataFrame:
    return pd.read_csv(DATA / "injection_moulding_lens/data.csv", sep=";")


def turbine() -> pd.DataFrame:
    return pd.read_csv(DATA / "gas_turbine_emission/turbine_emission.csv.gz")


def garment() -> pd.DataFrame:
    return pd.read_csv(DATA / "garment_productivity/garments_worker_productivity.csv")


def mill() -> pd.DataFrame:
    files = sorted((DATA / "cnc_mill_tool_wear").glob("*.csv.gz"))
    return pd.concat([pd.read_csv(file, index_col=0).assign(experiment=file.stem) for file in files], ignore_index=True)


def bands() -> pd.DataFrame:
    frame = pd.read_csv(DATA / "cylinder_bands/bands.data", header=None, na_values="?", names=range(40))
    return frame.dropna(subset=[39]).rename(columns=lambda place: BANDS.get(place, f"c{place}"))


CLEAR: dict[str, tuple[Callable[[], pd.DataFrame], str, set[str]]] = {
    "ai4i": (ai4i, "Machine failure", {"UDI", "Product ID", "TWF", "HDF", "PWF", "OSF"}),
    "steel": (
        steel,
        "Usage_kWh",
        {
            "CO2(tCO2)", "Lagging_Current_Power_Factor", "Lagging_Current_Reactive_Power_kVarh",
            "Leading_Current_Power_Factor", "Leading_Current_Reactive_Power_kVarh",
        },
    ),
    **{f"plates {fault}": (plates, fault, {*FAULTS} - {fault}) for fault in FAULTS},
    "plates": (lambda: plates().assign(fault=lambda table: table[[*FAULTS]].idxmax(axis=1)), "fault", {*FAULTS}),
    "iris": (iris, "class", set()),
    "lens": (lens, "quality", set()),
    "turbine TEY": (turbine, "TEY", set()),
    "turbine NOX": (turbine, "NOX", set()),
    "turbine CO": (turbine, "CO", set()),
    "garment": (garment, "actual_productivity", set()),
    "mill": (mill, "tool_condition", {"experiment"}),
    "spindle": (mill, "S1_OutputPower", {*CNC}),
    "bands": (bands, "band", {"timestamp", "cylinder number", "job number"}),
}  # fmt: skip


def audited(frame: pd.DataFrame, target: str) -> LeakReport:
    numeric = target != "quality" and pd.api.types.is_float_dtype(frame[target])
    return audit_table(frame, target, "regression" if numeric else "classification")


@pytest.mark.parametrize("name", CLEAR)
def test_the_leak_table(name: str):
    make, target, clear = CLEAR[name]
    report = audited(make(), target)
    assert set(report.excluded_columns) == clear
    assert set(report.suspected_columns) == clear


def test_titanic():
    pytest.importorskip("xlrd", reason="reads .xls")
    frame = pd.read_excel(DATA / "titanic/titanic3.xls")
    assert set(audited(frame, "survived").excluded_columns) == {"boat", "body", "name", "ticket"}


@pytest.mark.parametrize(("make", "target"), [(iris, "class"), (lens, "quality")])
def test_rows_sorted_by_class(make: Callable[[], pd.DataFrame], target: str):
    assert "row_order" in {one.kind for one in audited(make(), target).suspects}


def test_rows_of_one_file_are_kept_together():
    frame = mill()
    report = audit_table(frame, "tool_condition", "classification", group_column="experiment")
    assert {"group_twins", "neighbours"} <= {one.kind for one in report.suspects}
    found = audit_table(frame, "tool_condition", "classification").twin_groups
    assert pd.crosstab(frame["experiment"], found).gt(0).sum(axis=1).eq(1).all()
    assert len(np.unique(found)) == 18
