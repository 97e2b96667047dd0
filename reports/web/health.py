"""Whether a study's model may still be believed, as the dashboard shows it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ingest.errors import StudyError
from ingest.plant import Line
from reports.document import Standing
from reports.web.names import Names, find_signal, names

__all__ = ["ModelHealth", "MovedFactor", "model_health"]

Code = Literal["withdrawn", "unreadable", "none", "below_promise", "moved", "ok"]


@dataclass(frozen=True, slots=True)
class MovedFactor:
    """A factor that no longer behaves as in training, and its share of all that changed."""

    factor: str
    name: Names
    share: float | None


@dataclass(frozen=True, slots=True)
class ModelHealth:
    """``code``: the gravest that is to say; ``value`` on ``units`` new units, where ``promised`` was the least."""

    code: Code
    model_id: int | None
    since: str | None
    metric: str
    value: float | None
    promised: float | None
    units: int
    moved: tuple[MovedFactor, ...]


def model_health(said: Mapping[str, Any] | None, line: Line | None) -> ModelHealth | None:
    """Out of what `models.lifecycle.standing` says; None where there is nothing to say yet."""
    if said is None:
        return None
    try:
        standing = Standing.parse(said, "model")
    except StudyError:
        return None
    if standing.state == "none" and standing.why is None:
        return None
    one = standing.performance
    moved = tuple(MovedFactor(moved.column, _name(line, moved.column), moved.share) for moved in standing.drift)
    return ModelHealth(
        code=_code(standing),
        model_id=standing.model_id,
        since=standing.why.at if standing.why is not None else None,
        metric=one.metric if one is not None else "",
        value=one.value if one is not None else None,
        promised=one.promised_low if one is not None else None,
        units=one.units if one is not None else 0,
        moved=moved,
    )


def _code(standing: Standing) -> Code:
    if standing.state == "none":
        return "none"
    if standing.state == "withdrawn":
        unreadable = standing.why is not None and standing.why.code == "unreadable"
        return "unreadable" if unreadable else "withdrawn"
    if standing.performance is not None and standing.performance.code == "below_promise":
        return "below_promise"
    return "moved" if standing.drift else "ok"


def _name(line: Line | None, factor: str) -> Names:
    signal = find_signal(line, factor)
    return names(signal.name if signal is not None else None, factor)
