"""Every exception that Genba raises on purpose.

The tree::

    GenbaError
    ├── UsageError            the caller can mend it: a file, a name, a value          exit code 2
    │   ├── SettingsError     a setting or the plant file
    │   ├── StudyError        a study description or the table it speaks of
    │   └── ScenarioError     a simulator's scenario
    └── EnvironmentFailure    the surroundings failed: broker, database, disk          exit code 1
        ├── BrokerUnavailable
        ├── DatabaseUnavailable
        └── SchemaOutdated    the database answers, but its schema is not ours

A message is one line and names the thing, the value and the next step. Outcomes that are part of the day's work (a
payload that cannot be decoded, too little data to learn from) are values, not exceptions.
"""

import difflib
from collections.abc import Iterable

__all__ = [
    "BrokerUnavailable",
    "DatabaseUnavailable",
    "EnvironmentFailure",
    "GenbaError",
    "ScenarioError",
    "SchemaOutdated",
    "SettingsError",
    "StudyError",
    "UsageError",
    "nearest",
]


class GenbaError(Exception):
    """Base of the tree; ``exit_code`` is what the command line returns for it."""

    exit_code = 1


class UsageError(GenbaError):
    """The caller can mend it."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting, or the plant file, is wrong."""


class StudyError(UsageError):
    """A study description, or the table it speaks of, is wrong."""


class ScenarioError(UsageError):
    """A simulator's scenario is wrong."""


class EnvironmentFailure(GenbaError):  # noqa: N818 - a failure of the surroundings, not of a call
    """The surroundings failed; the same call may work later."""


class BrokerUnavailable(EnvironmentFailure):
    """No MQTT broker answers where the settings say."""


class DatabaseUnavailable(EnvironmentFailure):
    """No database answers where the settings say."""


class SchemaOutdated(EnvironmentFailure):
    """The database's schema is older or newer than this program."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The half sentence that helps after a misspelt name.

    >>> nearest("tagret", ["target", "task"])
    "did you mean 'target'?"
    >>> nearest("xyz", ["target", "task"])
    'known: target, task'
    """
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"known: {shown}" if names else "none is known"
