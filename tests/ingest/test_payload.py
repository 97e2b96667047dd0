"""What payloads of every shape say, and that no bytes make the decoder raise."""

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import SettingsError
from ingest.payload import UNKNOWN, Decoder
from ingest.plant import Plant
from ingest.records import Entry, Message, Outcome, Reading, Reason, Rejected, UnitRecord, VerdictRecord, Visit
from ingest.settings import Ingest

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TS = 1795395600000
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

SITE = {"id": "kyoto", "name": "Kyoto", "time_zone": "Asia/Tokyo"}
SIGNALS = {"temp": {}, "die": {"kind": "category", "levels": ["A", "B"]}, "count": {"kind": "counter"}}
LINES = {"l1": {"area": "bottling", "machines": {"m1": {"signals": SIGNALS}}}}
SOURCES: dict[str, dict[str, Any]] = {
    "wide": {"topic": "w/{line}/{machine}", "shape": "wide", "ignore": ["seq"]},
    "tag": {"topic": "t/{line}/{machine}/{field}", "shape": "tag"},
    "tagged": {
        "topic": "g/{line}", "shape": "tagged", "address": "{site}/{area}/{line}/plc/{field}",
        "field": "tag", "value": "v", "time": "meta.t",
    },
    "values": {"topic": "v/{line}/{machine}", "shape": "values"},
    "gateway": {"topic": "d/{line}", "shape": "values", "address": "{site}/{area}/{line}/{device}/{field}"},
    "scalar": {"topic": "x/{line}/{machine}/{field}", "shape": "scalar"},
    "arrival": {"topic": "a/{line}/{machine}", "shape": "wide", "time": ""},
    "unit": {"topic": "u/{line}", "shape": "unit", "fields": {"serial": "id", "product": "recipe.code"}},
    "verdict": {"topic": "q/{line}", "shape": "verdict"},
}  # fmt: skip


def make(**sources: dict[str, Any]) -> Decoder:
    plant = Plant.parse({"site": SITE, "lines": LINES, "sources": list((sources or SOURCES).values())})
    return Decoder(plant, Ingest())


DECODER = make()


def decode(topic: str, payload: Any, **options: Any) -> Entry:
    content = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    return DECODER.decode(Message(topic, content, NOW, **options))


def outcomes(topic: str, payload: Any, **options: Any) -> tuple[Outcome, ...]:
    return decode(topic, payload, **options).outcomes


def values(found: tuple[Outcome, ...]) -> dict[str, float | str]:
    assert all(isinstance(one, Reading) for one in found), found
    return {one.address: one.value for one in found if isinstance(one, Reading)}


def refused(found: tuple[Outcome, ...]) -> list[tuple[Reason, str]]:
    return [(one.reason, one.detail) for one in found if isinstance(one, Rejected)]


class TestShapes:
    def test_wide(self) -> None:
        entry = decode("w/l1/m1", {"ts": TS, "temp": 4.1, "speed": 1200, "on": True, "empty": None, "seq": 7})
        assert entry.source == "w/{line}/{machine}"
        assert entry.outcomes == (
            Reading("kyoto/bottling/l1/m1/temp", AT, 4.1),
            Reading("kyoto/bottling/l1/m1/speed", AT, 1200.0),
            Reading("kyoto/bottling/l1/m1/on", AT, 1.0),
        )

    def test_wide_array(self) -> None:
        found = outcomes("w/l9/m1", [{"ts": TS, "a": 1}, {"ts": TS + 1, "a": 2}, 5])
        assert [one.value for one in found if isinstance(one, Reading)] == [1.0, 2.0]
        assert refused(found)[0][0] is Reason.WRONG_SHAPE
        assert found[0].address == "kyoto/main/l9/m1/a"  # type: ignore[union-attr]

    def test_tag(self) -> None:
        assert outcomes("t/l1/m1/temp", {"ts": "2026-11-23 10:00:00", "value": "4,5"}) == (
            Reading("kyoto/bottling/l1/m1/temp", AT, 4.5),
        )

    def test_tagged(self) -> None:
        payload = [{"tag": "speed", "v": 1, "meta": {"t": TS}}, {"tag": " ", "v": 1, "meta": {"t": TS}}]
        found = outcomes("g/l1", payload)
        assert found[0] == Reading("kyoto/bottling/l1/plc/speed", AT, 1.0)
        assert refused(found) == [(Reason.MISSING_FIELD, "no name of a signal at 'tag'")]

    def test_values(self) -> None:
        part = {"ts": TS, "values": {"temp": 1, "other": None}}
        assert values(outcomes("v/l1/m1", part)) == {"kyoto/bottling/l1/m1/temp": 1.0}
        assert len(outcomes("v/l1/m1", [part, part])) == 2

    def test_values_of_devices(self) -> None:
        payload = {"m1": [{"ts": TS, "values": {"temp": 1}}], "m2": {"ts": TS, "values": {"temp": 2}}}
        assert values(outcomes("d/l1", payload)) == {
            "kyoto/bottling/l1/m1/temp": 1.0,
            "kyoto/bottling/l1/m2/temp": 2.0,
        }

    def test_values_without_the_device_that_the_address_needs(self) -> None:
        assert refused(outcomes("d/l1", {"ts": TS, "values": {"a": 1}}))[0][0] is Reason.WRONG_SHAPE
        assert refused(outcomes("v/l1/m1", {"m2": [{"ts": TS, "values": {"a": 1}}]}))[0][0] is Reason.WRONG_SHAPE

    @pytest.mark.parametrize(
        ("payload", "value"),
        [
            (b"23.5", 23.5),
            (b'"23.5"', 23.5),
            (b" 23,5\n", 23.5),
            (b"true", 1.0),
            (b"ON", 1.0),
            (b"off", 0.0),
            (b"False", 0.0),
            (b"-1e3", -1000.0),
            (b"running", "running"),
            (b"1_000", "1_000"),
            ("自動".encode(), "自動"),
        ],
    )
    def test_scalar(self, payload: bytes, value: float | str) -> None:
        assert outcomes("x/l1/m9/state", payload) == (Reading("kyoto/bottling/l1/m9/state", NOW, value),)

    def test_without_a_time_the_arrival_counts(self) -> None:
        assert outcomes("a/l1/m1", {"temp": 1})[0] == Reading("kyoto/bottling/l1/m1/temp", NOW, 1.0)

    @pytest.mark.parametrize(("topic", "payload"), [("x/l1/m1/temp", b"1"), ("a/l1/m1", b'{"temp": 1}')])
    def test_a_retained_value_without_a_time_is_not_dated_now(self, topic: str, payload: bytes) -> None:
        assert refused(outcomes(topic, payload, retain=True))[0][0] is Reason.BAD_TIME

    def test_unit(self) -> None:
        payload = {
            "id": 17, "started": TS, "finished": TS + 60_000, "recipe": {"code": "tea"}, "lot": "L7",
            "visits": {"m1": [TS, TS + 30_000]},
        }  # fmt: skip
        end, middle = datetime(2026, 11, 23, 1, 1, tzinfo=UTC), datetime(2026, 11, 23, 1, 0, 30, tzinfo=UTC)
        assert outcomes("u/l1", [payload]) == (
            UnitRecord("l1", "17", AT, end, "tea", "L7", (Visit("m1", AT, middle),)),
        )

    def test_verdict(self) -> None:
        assert outcomes("q/l1", {"serial": "B1", "verdict": "NG", "ts": TS}) == (VerdictRecord("l1", "B1", AT, "NG"),)
        assert outcomes("q/l1", {"verdict": False, "made_at": TS, "judged_at": TS}) == (
            VerdictRecord("l1", "", AT, "false", AT),
        )

    def test_line_from_the_payload(self) -> None:
        decoder = make(unit={"topic": "mes", "shape": "unit"})
        payload = orjson.dumps({"line": "l7", "serial": "1", "started": TS, "finished": TS})
        (found,) = decoder.decode(Message("mes", payload, NOW)).outcomes
        assert isinstance(found, UnitRecord)
        assert found.line == "l7"


class TestKinds:
    def test_a_declared_gauge_takes_no_text(self) -> None:
        found = outcomes("w/l1/m1", {"ts": TS, "temp": "hot", "free": "hot"})
        assert refused(found) == [(Reason.NOT_A_NUMBER, "field 'temp': 'hot' is not a number, as plant.toml declares")]
        assert Reading("kyoto/bottling/l1/m1/free", AT, "hot") in found

    @pytest.mark.parametrize(
        ("raw", "level"), [("A", "A"), (12, "12"), (12.0, "12"), (1.5, "1.5"), (True, "true"), ("12", "12")]
    )
    def test_a_declared_category_stays_text(self, raw: Any, level: str) -> None:
        assert values(outcomes("w/l1/m1", {"ts": TS, "die": raw})) == {"kyoto/bottling/l1/m1/die": level}


class TestTrouble:
    @pytest.mark.parametrize("bad", ["NaN", "Infinity", "-Infinity", "1e999", '"bad"', '"NaN"', '"n/a"', '""'])
    def test_a_bad_field_costs_only_itself(self, bad: str) -> None:
        found = outcomes("w/l1/m1", f'{{"ts": {TS}, "x": {bad}, "y": 2, "z": 3}}'.encode())
        assert [one.value for one in found if isinstance(one, Reading)] == [2.0, 3.0]
        assert [reason for reason, _ in refused(found)] == [Reason.NOT_A_NUMBER]
        assert "'x'" in refused(found)[0][1]

    @pytest.mark.parametrize(
        ("payload", "reason"),
        [
            (b"", Reason.NOT_JSON),
            (b"  ", Reason.NOT_JSON),
            (b'{"ts": 1, "a"', Reason.NOT_JSON),
            (b'{"ts": 1, "a": "\xff"}', Reason.NOT_JSON),
            (b'{"a": NaN, "b": "\\ud800"}', Reason.NOT_JSON),
            ('{"a": 1}'.encode("utf-16"), Reason.NOT_JSON),
            (b"[" * 100_000, Reason.NOT_JSON),
            (b"NaN" + b"[" * 100_000, Reason.NOT_JSON),
            (b"[" * 100 + b"NaN" + b"]" * 100, Reason.WRONG_SHAPE),
            (b"5", Reason.WRONG_SHAPE),
            (b'"text"', Reason.WRONG_SHAPE),
            (b"null", Reason.WRONG_SHAPE),
            (b'{"a": 1}', Reason.MISSING_FIELD),
            (b'{"ts": null, "a": 1}', Reason.MISSING_FIELD),
            (b'{"ts": "noon", "a": 1}', Reason.BAD_TIME),
            (b'{"ts": 4102444800, "a": 1}', Reason.CLOCK),
            (b'{"ts": 0, "a": 1}', Reason.CLOCK),
        ],
    )
    def test_an_unreadable_payload_is_one_rejection(self, payload: bytes, reason: Reason) -> None:
        found = outcomes("w/l1/m1", payload)
        assert [one for one, _ in refused(found)] == [reason]
        assert len(found) == 1

    def test_a_nested_object_costs_its_field(self) -> None:
        found = outcomes("w/l1/m1", {"ts": TS, "a": {"b": 1}, "c": 2})
        assert refused(found) == [(Reason.WRONG_SHAPE, "field 'a': expected a number or text, got an object")]
        assert len(found) == 2

    def test_a_byte_order_mark_is_passed_over(self) -> None:
        payload = b"\xef\xbb\xbf" + orjson.dumps({"ts": TS, "a": 1})
        assert values(outcomes("w/l1/m1", payload)) == {"kyoto/bottling/l1/m1/a": 1.0}
        assert outcomes("x/l1/m1/temp", b"\xef\xbb\xbfON")[0] == Reading("kyoto/bottling/l1/m1/temp", NOW, 1.0)

    def test_an_unknown_topic(self) -> None:
        entry = decode("nobody/knows", b"1")
        assert entry.source == UNKNOWN
        assert refused(entry.outcomes) == [(Reason.UNKNOWN_TOPIC, "no source in plant.toml reads topic 'nobody/knows'")]

    def test_too_long(self) -> None:
        assert refused(outcomes("w/l1/m1", {"ts": TS, "n" * 300: 1}))[0][0] is Reason.TOO_LONG
        assert refused(outcomes("w/l1/m1", {"ts": TS, "n": "v" * 300}))[0][0] is Reason.TOO_LONG
        assert refused(outcomes("q/l1", {"serial": "s" * 121, "verdict": "OK", "ts": TS}))[0][0] is Reason.TOO_LONG

    @pytest.mark.parametrize(
        ("change", "reason", "said"),
        [
            ({"id": None}, Reason.MISSING_FIELD, "no serial at 'id'"),
            ({"id": 1.5}, Reason.WRONG_SHAPE, "serial: expected a text"),
            ({"started": None}, Reason.MISSING_FIELD, "no started"),
            ({"finished": "soon"}, Reason.BAD_TIME, "finished: "),
            ({"finished": TS - 1}, Reason.BAD_TIME, "before it starts"),
            ({"visits": [1]}, Reason.WRONG_SHAPE, "visits: expected"),
            ({"visits": {"m": [TS]}}, Reason.WRONG_SHAPE, "visits of 'm'"),
            ({"visits": {"m": [TS, 0]}}, Reason.CLOCK, "visits of 'm'"),
            ({"visits": {"": [TS, TS]}}, Reason.MISSING_FIELD, "no name"),
            ({"visits": {"m": [TS, TS - 1]}}, Reason.BAD_TIME, "the visit of 'm'"),
        ],
    )
    def test_a_bad_unit(self, change: dict[str, Any], reason: Reason, said: str) -> None:
        ((found, detail),) = refused(outcomes("u/l1", {"id": "1", "started": TS, "finished": TS, **change}))
        assert found is reason
        assert said in detail

    def test_a_verdict_on_nothing(self) -> None:
        assert refused(outcomes("q/l1", {"verdict": "OK", "ts": TS}))[0][0] is Reason.MISSING_FIELD
        assert refused(outcomes("q/l1", {"serial": "1", "ts": TS})) == [(Reason.MISSING_FIELD, "no verdict")]
        assert refused(outcomes("q/l1", {"serial": "1", "verdict": "OK"}))[0][0] is Reason.MISSING_FIELD


class TestSources:
    @pytest.mark.parametrize(
        ("source", "said"),
        [
            ({"topic": "a/{field}", "shape": "wide"}, "finds {field} in the payload"),
            ({"topic": "a/{line}", "shape": "wide", "address": "{site}/{machin}/{field}"}, "nothing fills {machin}"),
            ({"topic": "a/{line}", "shape": "wide", "address": "x/{field}", "time": "a["}, "is not a JMESPath"),
            ({"topic": "a", "shape": "wide", "address": "x/{field}", "time_zone": "Kyoto"}, "not an IANA zone"),
            ({"topic": "a", "shape": "unit", "fields": {"seriel": "id"}}, "did you mean 'serial'?"),
            ({"topic": "a/#", "shape": "wide"}, "is a wildcard"),
        ],
    )
    def test_a_wrong_source_is_refused_in_one_line(self, source: dict[str, Any], said: str) -> None:
        with pytest.raises(SettingsError) as caught:
            make(one=source)
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_the_zone_of_a_source_goes_before_the_sites(self) -> None:
        source = {"topic": "a", "shape": "wide", "address": "x/{field}", "time_zone": "Europe/Berlin"}
        payload = orjson.dumps({"ts": "2026-11-23T02:00:00", "v": 1})
        assert make(one=source).decode(Message("a", payload, NOW)).outcomes == (Reading("x/v", AT, 1.0),)

    def test_a_function_that_meets_the_wrong_type_finds_nothing(self) -> None:
        source = {"topic": "a", "shape": "tag", "address": "x/v", "value": "length(value)"}
        found = make(one=source).decode(Message("a", orjson.dumps({"ts": TS, "value": 1}), NOW)).outcomes
        assert refused(found)[0][0] is Reason.MISSING_FIELD


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["ts", "value", "values", "v", "tag", "id", "serial", "x"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)
TOPICS = ["w/l1/m1", "t/l1/m1/temp", "g/l1", "v/l1/m1", "d/l1", "x/l1/m1/temp", "u/l1", "q/l1", "a/l1/m1", "zzz"]


@given(st.sampled_from(TOPICS), st.binary())
def test_no_bytes_raise(topic: str, payload: bytes) -> None:
    assert decode(topic, payload).message.payload == payload


@given(st.sampled_from(TOPICS), JSON)
def test_no_json_raises_and_nothing_half_read_passes(topic: str, document: Any) -> None:
    for outcome in outcomes(topic, json.dumps(document).encode()):
        if isinstance(outcome, Reading):
            assert isinstance(outcome.value, str) or abs(outcome.value) < float("inf")
            outcome.address.encode()
        elif isinstance(outcome, Rejected):
            assert 0 < len(outcome.detail) < 400


@given(st.text(max_size=400))
def test_no_topic_raises(topic: str) -> None:
    assert DECODER.decode(Message(topic, b"1", NOW)).outcomes


@pytest.mark.parametrize(
    "example", re.findall(r"```toml\n(.*?)```", Path("docs/connect.md").read_text(encoding="utf-8"), re.DOTALL)
)
def test_every_example_of_the_documentation_is_a_plant(example: str) -> None:
    plant = Plant.parse(tomllib.loads(example), "docs/connect.md")
    assert Decoder(plant, Ingest()).filters()


def test_every_reason_is_documented() -> None:
    text = Path("docs/connect.md").read_text(encoding="utf-8")
    assert [reason for reason in Reason if f"| `{reason}` |" not in text] == []
