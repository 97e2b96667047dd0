"""Units that were made and verdicts on them: the two shapes that are no readings. Pure.

The keys are ``serial, started, finished, product, lot, visits, line`` and ``serial, verdict, judged_at, made_at,
line``; ``fields`` of the source says by JMESPath where they stand if the payload calls them otherwise.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ingest.records import Outcome, Reason, Rejected, UnitRecord, VerdictRecord, Visit
from ingest.shapes import Reader, Route, Search, at, kind_of, parts, shown

__all__ = ["JUDGED", "compile_judged"]

UNIT_KEYS = ("line", "serial", "started", "finished", "product", "lot", "visits")
VERDICT_KEYS = ("line", "serial", "verdict", "judged_at", "made_at")
JUDGED: Mapping[str, tuple[str, ...]] = {"unit": UNIT_KEYS, "verdict": VERDICT_KEYS}
"""The keys of each shape."""

LONGEST = {"line": 40, "serial": 120, "product": 120, "lot": 120, "verdict": 64, "machine": 40}


class _Refused(Exception):  # noqa: N818 - an outcome on its way out of the nested reads below, never seen outside
    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.outcome = Rejected(reason, detail)


def compile_judged(shape: str, fields: Mapping[str, str], where: str) -> Reader:
    """The reader of a source of units or verdicts. Raises `SettingsError` for a path that is none."""
    searches = {key: at(fields.get(key, key), where) for key in JUDGED[shape]}
    one = _unit if shape == "unit" else _verdict

    def read(route: Route, document: Any, arrival: datetime) -> list[Outcome]:
        return [_part(one, _Fields(route, part, arrival, searches, fields)) for part in parts(document)]

    return read


class _Fields:
    """One object, asked for its fields by our names."""

    def __init__(
        self, route: Route, part: Any, arrival: datetime, searches: Mapping[str, Search], named: Mapping[str, str]
    ) -> None:
        self.route, self.part, self.arrival = route, part, arrival
        self._searches, self._named = searches, named

    def raw(self, key: str) -> Any:
        return self._searches[key](self.part)

    def missing(self, key: str) -> _Refused:
        named = self._named.get(key, key)
        return _Refused(Reason.MISSING_FIELD, f"no {key}" + ("" if named == key else f" at {named!r}"))

    def word(self, key: str, raw: Any) -> str | None:
        """A text or whole number as text; None if there is none."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if not isinstance(raw, str | int):
            raise _Refused(Reason.WRONG_SHAPE, f"{key}: expected a text, got {kind_of(raw)}")
        text = str(raw).lower() if isinstance(raw, bool) else str(raw).strip()
        if len(text) > LONGEST[key]:
            raise _Refused(Reason.TOO_LONG, f"{key}: {len(text)} characters, at most {LONGEST[key]} fit")
        return text

    def required(self, key: str) -> str:
        word = self.word(key, self.raw(key))
        if word is None:
            raise self.missing(key)
        return word

    def line(self) -> str:
        from_topic = self.route.words.get("line")
        return self.required("line") if from_topic is None else self.word("line", from_topic) or self.required("line")

    def moment(self, key: str, raw: Any) -> datetime:
        ts = self.route.moment(raw, self.arrival)
        if isinstance(ts, Rejected):
            raise _Refused(ts.reason, f"{key}: {ts.detail}")
        return ts

    def required_moment(self, key: str) -> datetime:
        if (raw := self.raw(key)) is None:
            raise self.missing(key)
        return self.moment(key, raw)


def _part(one: Any, fields: _Fields) -> Outcome:
    if not isinstance(fields.part, dict):
        return Rejected(Reason.WRONG_SHAPE, f'expected an object such as {{"serial": …}}, got {kind_of(fields.part)}')
    try:
        outcome: Outcome = one(fields)
    except _Refused as refused:
        return refused.outcome
    return outcome


def _unit(fields: _Fields) -> Outcome:
    serial = fields.required("serial")
    started, finished = fields.required_moment("started"), fields.required_moment("finished")
    _in_order("the unit", started, finished)
    return UnitRecord(
        line=fields.line(),
        serial=serial,
        started=started,
        finished=finished,
        product=fields.word("product", fields.raw("product")),
        lot=fields.word("lot", fields.raw("lot")),
        visits=_visits(fields, fields.raw("visits")),
    )


def _in_order(what: str, first: datetime, last: datetime) -> None:
    if last < first:
        raise _Refused(Reason.BAD_TIME, f"{what} ends at {last.isoformat()}, before it starts at {first.isoformat()}")


def _visits(fields: _Fields, raw: Any) -> tuple[Visit, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, dict):
        raise _Refused(Reason.WRONG_SHAPE, f"visits: expected {{machine: [entered, left]}}, got {kind_of(raw)}")
    visits = []
    for machine, span in raw.items():
        if not isinstance(span, list) or len(span) != 2:
            raise _Refused(Reason.WRONG_SHAPE, f"visits of {shown(machine)}: expected [entered, left]")
        name = fields.word("machine", machine)
        if name is None:
            raise _Refused(Reason.MISSING_FIELD, "visits: a machine has no name")
        entered, left = (fields.moment(f"visits of {shown(machine)}", moment) for moment in span)
        _in_order(f"the visit of {shown(machine)}", entered, left)
        visits.append(Visit(name, entered, left))
    return tuple(visits)


def _verdict(fields: _Fields) -> Outcome:
    verdict = fields.required("verdict")
    serial = fields.word("serial", fields.raw("serial"))
    made = fields.raw("made_at")
    if serial is None and made is None:
        raise _Refused(Reason.MISSING_FIELD, "neither serial nor made_at: nothing says which part was judged")
    return VerdictRecord(
        line=fields.line(),
        serial=serial or "",
        judged_at=_judged_at(fields),
        verdict=verdict,
        made_at=None if made is None else fields.moment("made_at", made),
    )


def _judged_at(fields: _Fields) -> datetime:
    if (raw := fields.raw("judged_at")) is not None:
        return fields.moment("judged_at", raw)
    ts = fields.route.instant(fields.part, fields.arrival)
    if isinstance(ts, Rejected):
        raise _Refused(ts.reason, f"judged_at: {ts.detail}")
    return ts
