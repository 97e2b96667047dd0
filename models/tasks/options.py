"""The options, metrics and algorithms of every task: HeatWave's names where it has them. Unknown ones are refused."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ingest.errors import StudyError, nearest
from models.rank.document import Said
from models.tasks.option_tables import ALGORITHMS, METRICS, OPTIONS, TASKS, Option, Phase, Task
from models.tasks.words import say

__all__ = ["Chosen", "algorithms", "known_metric", "parse"]

Truth = Literal["true", "false"]
_ROUTINE: Mapping[Phase, str] = {"train": "training", "predict": "prediction", "score": "scoring"}


@dataclass(frozen=True)
class Chosen:
    """Checked options of one call, defaults filled in; ``given`` names those that the caller wrote."""

    values: Mapping[str, Any]
    given: frozenset[str]
    unused: tuple[str, ...] = ()
    """Those that the caller wrote and that change nothing."""

    def notes(self) -> list[Said]:
        """What is said of options that change nothing."""
        return [say("unused_option", {"option": name}) for name in self.unused]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def parse(task: Task, phase: Phase, options: Mapping[str, Any] | None) -> Chosen:
    """Check names and values; a null, like an absent option, means its default.

    Raises `StudyError` naming the option, the value and the nearest right one.

    >>> parse("anomaly_detection", "train", {"contamination": "0.02"})["contamination"]
    0.02
    """
    known = OPTIONS[task][phase]
    given: dict[str, Any] = {}
    for name, value in (options or {}).items():
        if name not in known:
            raise StudyError(_unknown(str(name), task, phase))
        if value is not None:
            given[name] = _read(str(name), known[name], value)
    if given.get("model_list") and given.get("exclude_model_list"):
        raise StudyError("options 'model_list' and 'exclude_model_list' exclude each other; write one of them")
    values = {name: given.get(name, _default(option)) for name, option in known.items()}
    return Chosen(values, frozenset(given), tuple(_unused(known, options or {})))


def _unused(known: Mapping[str, Option], options: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in options.items():
        if value is not None and known[name].unused:
            yield prefix + name
        elif isinstance(value, Mapping) and known[name].kind == "object":
            yield from _unused(known[name].inner, value, f"{prefix}{name}.")


def _default(option: Option) -> Any:
    if option.kind != "object":
        return option.default
    return {key: _default(each) for key, each in option.inner.items()}


def _unknown(name: str, task: Task, phase: Phase) -> str:
    elsewhere = [other for other in TASKS if name in OPTIONS[other][phase]]
    known = OPTIONS[task][phase]
    hint = nearest(name, known)
    if elsewhere:
        hint = f"it is for {', '.join(elsewhere)}; known here: {', '.join(sorted(known)) or 'none'}"
    return f"option {name!r} is not an option of {_ROUTINE[phase]} for {task}; {hint}"


def _read(name: str, option: Option, value: Any) -> Any:
    """One value in the form that the tasks work with."""
    if option.kind in ("number", "whole"):
        return _number(name, option, value)
    if option.kind == "flag":
        word = str(value).lower()
        if word not in get_args(Truth):
            raise StudyError(f"option {name!r} is {value!r}; write true or false")
        return word == "true"
    if option.kind == "names":
        return _names(name, option, value)
    if option.kind == "patterns":
        # One, several, or several with names, as HeatWave's examples write them.
        several = [value] if isinstance(value, str) else list(value.values()) if isinstance(value, Mapping) else value
        return _names(name, option, several)
    if option.kind == "object":
        return _object(name, option, value)
    if not isinstance(value, str):
        raise StudyError(f"option {name!r} is {value!r}; write it as a text")
    if option.allowed and value not in option.allowed:
        raise StudyError(f"option {name!r} is {value!r}; {nearest(value, option.allowed)}")
    return value


def _number(name: str, option: Option, value: Any) -> float | int:
    try:
        number = float(value) if not isinstance(value, bool) else float("nan")
    except (TypeError, ValueError):
        number = float("nan")
    inside = option.low < number < option.high if option.open else option.low <= number <= option.high
    if not inside or (option.kind == "whole" and number != int(number)):
        kind = "a whole number" if option.kind == "whole" else "a number"
        between = f"between {option.low:g} and {option.high:g}" + (", both excluded" if option.open else "")
        raise StudyError(f"option {name!r} is {value!r}; write {kind} {between}")
    return int(number) if option.kind == "whole" else number


def _names(name: str, option: Option, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(each, str) for each in value):
        raise StudyError(f"option {name!r} is {value!r}; write a list of names, as ['…', '…']")
    for each in value:
        if each in option.absent:
            raise StudyError(f"{name} names {each!r}, which is not offered; {option.absent[each]} is the nearest")
        if option.allowed and each not in option.allowed:
            raise StudyError(f"{name} names {each!r}, which is not among them; {nearest(each, option.allowed)}")
    return tuple(dict.fromkeys(value))


def _object(name: str, option: Option, value: Any) -> dict[str, Any]:
    if option.word and value == option.word:
        value = {option.word: {}}
    if not isinstance(value, Mapping):
        raise StudyError(f"option {name!r} is {value!r}; write an object, as {{'…': …}}")
    out: dict[str, Any] = _default(option)
    for key, each in value.items():
        if key not in option.inner:
            raise StudyError(f"option {name!r} has no key {key!r}; {nearest(str(key), option.inner)}")
        if each is not None:
            out[key] = _read(f"{name}.{key}", option.inner[key], each)
    return out


def algorithms(task: Task, chosen: Chosen) -> tuple[str, ...]:
    """The algorithms to try, in the order of `ALGORITHMS`. Raises `StudyError` where none is left."""
    known = tuple(ALGORITHMS[task])
    wanted = chosen.values.get("model_list") or known
    unwanted = chosen.values.get("exclude_model_list") or ()
    left = tuple(name for name in known if name in wanted and name not in unwanted)
    if not left:
        raise StudyError(f"exclude_model_list leaves no algorithm of {task}; leave one of {', '.join(known)}")
    return left


def known_metric(task: Task, metric: str) -> str:
    """The metric, if it is one of the task. Raises `StudyError` naming the nearest."""
    if not METRICS[task]:
        raise StudyError(f"{task} has no score; look at the answers of its prediction instead")
    if metric not in METRICS[task]:
        raise StudyError(f"metric {metric!r} is not one of {task}; {nearest(metric, METRICS[task])}")
    return metric
