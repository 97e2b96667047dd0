"""Names as SQL users write them: ``'schema.table'`` in one string, quoted or not; and names quoted for a statement."""

from dataclasses import dataclass

from ingest.errors import StudyError

__all__ = ["Name", "quote"]

LONGEST = 64
"""Characters of an identifier, on both servers."""


def quote(name: str) -> str:
    """A name between backticks, whatever is in it.

    Raises `StudyError` for what no server takes as a name.

    >>> quote("a`b")
    '`a``b`'
    """
    if not name or len(name) > LONGEST or "\0" in name or name.endswith(" "):
        raise StudyError(f"{name[:80]!r} is no name of a schema, table or column: 1 to {LONGEST} characters, no NUL")
    return "`" + name.replace("`", "``") + "`"


@dataclass(frozen=True)
class Name:
    """A table and its schema."""

    schema: str
    table: str

    @classmethod
    def parse(cls, written: str) -> "Name":
        """``schema.table``; each part may stand between backticks, and then may hold anything. The first dot counts.

        >>> Name.parse("plant.parts"), Name.parse("`my.db`.`t``1`")
        (Name(schema='plant', table='parts'), Name(schema='my.db', table='t`1'))
        """
        schema, rest = _part(written)
        if not rest.startswith("."):
            raise StudyError(f"table {written[:80]!r} has no schema; write 'schema.table'")
        table, rest = _part(rest[1:], last=True)
        if rest or not schema or not table:
            raise StudyError(f"table {written[:80]!r} is no table name; write 'schema.table', odd names in backticks")
        return cls(schema, table)

    @property
    def quoted(self) -> str:
        """For a statement."""
        return f"{quote(self.schema)}.{quote(self.table)}"

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}"


def _part(text: str, last: bool = False) -> tuple[str, str]:
    """The first name of a text, and what comes after it."""
    if not text.startswith("`"):
        return (text, "") if last else (text.partition(".")[0], text[len(text.partition(".")[0]) :])
    out: list[str] = []
    place = 1
    while place < len(text):
        if text[place] == "`":
            if text[place + 1 : place + 2] != "`":
                return "".join(out), text[place + 1 :]
            place += 1
        out.append(text[place])
        place += 1
    raise StudyError(f"table {text[:80]!r} opens a backtick that is never closed; write `schema`.`table`")
