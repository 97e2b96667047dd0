"""The plant in words: what is accepted, and one line for what is not."""

import tomllib
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import SettingsError
from ingest.payload import Decoder
from ingest.plant import Plant, Tariff, TariffPeriod
from ingest.settings import Ingest

SITE = {"id": "kyoto", "name": {"en": "Kyoto plant", "ja": "京都工場"}, "time_zone": "Asia/Tokyo"}
LINE = {
    "area": "bottling",
    "machines": {
        "cooler": {"stage": 1, "signals": {"temp": {"unit": "degC", "role": "controllable", "min": 2, "max": 12}}},
        "meter": {"signals": {"energy": {"kind": "counter"}}},
    },
    "meter": "energy",
}


def plant(**words: Any) -> Plant:
    return Plant.parse({"site": SITE, "lines": {"l1": LINE}, **words})


def test_addresses_and_names() -> None:
    found = plant()
    assert list(found.declared()) == ["kyoto/bottling/l1/cooler/temp", "kyoto/bottling/l1/meter/energy"]
    assert found.address("l1", "cooler", "temp") == "kyoto/bottling/l1/cooler/temp"
    assert (found.site.name["ja"], found.site.name["en"]) == ("京都工場", "Kyoto plant")
    assert [(machine, name) for machine, name, _ in found.lines["l1"].signals()] == [
        ("cooler", "temp"),
        ("meter", "energy"),
    ]


def test_one_text_stands_for_both_languages() -> None:
    site = Plant.parse({"site": {"id": "k", "name": "K"}}).site
    assert site.name["ja"] == site.name["en"] == "K"


def test_a_tariff_may_run_over_midnight() -> None:
    night = TariffPeriod(start=time(22), end=time(6), price=10)
    noon = TariffPeriod(start=time(12), end=time(13), price=30)
    tariff = Tariff(price=20, periods=(night, noon))
    prices = [tariff.at(time(hour)) for hour in (23, 0, 5, 6, 12, 13, 21, 22)]
    assert prices == [10, 10, 10, 20, 30, 20, 20, 10]


SIGNALS = {"a": {"signals": {"x": {}}}, "b": {"signals": {"x": {}}}}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"tarifs": {}}, "unknown key 'tarifs'; did you mean 'tariffs'?"),
        ({"site": SITE | {"zone": "UTC"}}, "unknown key 'site.zone'"),
        ({"site": SITE | {"time_zone": "Tokyo"}}, "'Tokyo' is not an IANA zone"),
        ({"site": SITE | {"currency": "yen"}}, "site.currency"),
        ({"site": SITE | {"id": "京都"}}, "site.id"),
        ({"lines": {"l1": {"machines": SIGNALS}}}, "two signals named ['x']"),
        ({"lines": {"l1": {"meter": "nothing"}}}, "lines.l1.meter 'nothing' is not a signal"),
        ({"lines": {"l1": {"units": {"kind": "interval"}}}}, "needs seconds > 0"),
        ({"lines": {"l1": {"machines": {"m": {"signals": {"s": {"min": 2, "max": 1}}}}}}}, "min 2.0 is not below max"),
        ({"lines": {"l1": {"machines": {"m": {"signals": {"s": {"rolle": "state"}}}}}}}, "did you mean 'role'?"),
        ({"sources": [{"topic": "a", "shape": "wied"}]}, "sources.0.shape"),
        ({"sources": [{"topic": "a", "shape": "wide", "tme": "t"}]}, "did you mean 'time'?"),
        ({"sources": [{"topic": "a"}]}, "sources.0.shape is missing; write it"),
        ({"studies": {"s": {"line": "l9", "task": "regression", "target": "x"}}}, "'l9' is not a line"),
        (
            {"studies": {"s": {"line": "l1", "task": "regression", "target": "x", "cost": {"tariff": "t"}}}},
            "'t' is not among [tariffs]",
        ),
    ],
)
def test_what_is_wrong_is_named_in_one_line(words: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        plant(**words)
    assert said in str(caught.value)
    assert str(caught.value).startswith("plant.toml: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", ["deploy/plant.example.toml", "simulators/scenarios/plant.toml"])
def test_the_plants_we_ship_can_be_read(file: str) -> None:
    found = Plant.parse(tomllib.loads(Path(file).read_text(encoding="utf-8")), file)
    assert Decoder(found, Ingest()).filters()
