"""The one retry policy: which database errors pass by themselves, and how long to wait for that.

`classify` sorts an error: ``retry`` (the same call may work later), ``data`` (the server refused what was sent, and
always will), ``fatal`` (somebody has to mend something). `retrying` is the only loop.
"""

import random
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Final, Literal, TypeVar

import pymysql
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ingest.errors import BrokerUnavailable, DatabaseUnavailable, EnvironmentFailure

__all__ = ["DATA_ERRORS", "Verdict", "classify", "retrying"]

Verdict = Literal["retry", "data", "fatal"]
Result = TypeVar("Result")

DATA_ERRORS: Final = (SQLAlchemyError, UnicodeEncodeError, OverflowError)
"""What a statement may raise for its rows; the last two come from the drivers themselves."""

PASSING: Final = frozenset(
    # Locks: wait timeout, deadlock; table changed under us (a migration, a new partition).
    {1205, 1213, 1412, 1615}
    # Connections: too many, shutting down, aborted, network, interrupted, killed, idle too long.
    | {1040, 1053, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1226, 1317, 1637, 1927, 1969, 3024, 4031}
    # The client's side: cannot reach, gone away, lost, out of step.
    | {2002, 2003, 2005, 2006, 2012, 2013, 2014, 2026, 2055}
    # Disk or memory full, a read-only moment of a failover, an error at the commit.
    | {1021, 1030, 1037, 1041, 1114, 1180, 1290, 1792, 1836, 3100, 3101}
)
"""Error numbers of MySQL and MariaDB that pass by themselves."""

REFUSED: Final = frozenset(
    # Null, duplicate of another key, out of range, truncated, wrong value, too long, no default.
    {1048, 1062, 1138, 1153, 1264, 1265, 1267, 1292, 1300, 1364, 1366, 1367, 1406, 1411, 1416, 1441, 1526, 1690}
    # Foreign keys and checks.
    | {1216, 1451, 1452, 3819, 4025}
)
"""Error numbers of MySQL and MariaDB that speak of the row, not of the day."""

SQLITE_PASSING: Final = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL}
)
SQLITE_REFUSED: Final = frozenset({sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH})


def classify(error: BaseException) -> Verdict:
    """What an error of the store means for the call that raised it."""
    match error:
        case DBAPIError() if error.connection_invalidated:
            return "retry"
        case StatementError() if error.orig is not None:
            return classify(error.orig)
        case PoolTimeout() | DatabaseUnavailable() | BrokerUnavailable() | pymysql.err.InterfaceError():
            return "retry"
        case sqlite3.Error():
            return _classify_number(getattr(error, "sqlite_errorcode", 0) & 0xFF, SQLITE_PASSING, SQLITE_REFUSED)
        case pymysql.err.MySQLError():
            return _classify_number(error.args[0] if error.args else 0, PASSING, REFUSED)
        case UnicodeEncodeError() | OverflowError():
            return "data"
        case ConnectionError() | TimeoutError():
            return "retry"
        case _:
            return "fatal"


def _classify_number(number: object, passing: frozenset[int], refused: frozenset[int]) -> Verdict:
    return "retry" if number in passing else "data" if number in refused else "fatal"


def retrying(
    call: Callable[[], Result],
    *,
    stop: threading.Event,
    seconds: float | None = None,
    first: float = 0.1,
    longest: float = 30.0,
    heard: Callable[[Exception, float], None] | None = None,
) -> Result:
    """Call until it works, waiting ``first`` s, twice that, … ``longest`` s, each shortened by chance by up to half.

    Gives up, raising the last error, when it is no passing one, when ``stop`` is set, or after ``seconds``.
    ``heard(error, wait)`` is told before each wait.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    wait = first
    while True:
        try:
            return call()
        except (SQLAlchemyError, EnvironmentFailure, OSError) as error:
            pause = wait * random.uniform(0.5, 1.0)
            late = deadline is not None and time.monotonic() + pause > deadline
            if classify(error) != "retry" or stop.is_set() or late:
                raise
            if heard is not None:
                heard(error, pause)
            if stop.wait(pause):
                raise
            wait = min(2 * wait, longest)
