"""docs/commands.md and docs/tables.md out of the code: ``make docs`` writes them, a test compares them.

The meaning of a column is written by hand, in docs/tables.md itself; everything else there comes from the schema.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer
from sqlalchemy import Column, Table
from sqlalchemy.dialects import mysql

from ingest.store import schema

ROOT = Path(__file__).parents[2]
COMMANDS = ROOT / "docs/commands.md"
TABLES = ROOT / "docs/tables.md"

COMMANDS_HEAD = """# Commands

Written by `make docs` from the program itself. Every command answers `--help`; `genba --version` says which this is.
Exit codes: 0 done, also when the honest answer is `not_enough_data`; 2 the caller can mend it; 1 the surroundings
failed (broker, database, disk). An error is one line on standard error.
"""

TABLES_HEAD = """# Tables

Written by `make docs` from `ingest/store/schema.py`; only the column *meaning* is written here, by hand. Instants are
UTC. Beside these, each study has a table of its own, `study_<name>`: one row per unit, one column per factor.
"""


@dataclass(frozen=True, slots=True)
class Command:
    """A command of ``genba``: its words, and what its help says."""

    path: tuple[str, ...]
    usage: str
    help: str
    example: str
    parameters: tuple[tuple[str, str], ...]


def commands() -> list[Command]:
    """Every command that does something, in order of name."""
    app = typer.Typer()
    for entry in entry_points(group="genba.commands"):
        entry.load()(app)
    root = typer.main.get_command(app)
    return sorted(_walk(root, (), typer.Context(root)), key=lambda found: found.path)


def _walk(node: Any, path: tuple[str, ...], context: typer.Context) -> Iterator[Command]:
    if children := getattr(node, "commands", None):
        for name, child in children.items():
            if not child.hidden:
                yield from _walk(child, (*path, name), context)
        return
    records = (parameter.get_help_record(context) for parameter in node.get_params(context))
    yield Command(
        path,
        " ".join(["genba", *path, *node.collect_usage_pieces(context)]),
        node.help or "",
        node.epilog or "",
        tuple((name, text) for name, text in filter(None, records) if name != "--help"),
    )


def commands_page() -> str:
    """docs/commands.md."""
    parts = [COMMANDS_HEAD]
    for found in commands():
        parts.append(f"## genba {' '.join(found.path)}\n\n{found.help}\n\n    {found.usage}\n")
        if found.parameters:
            parts.append("\n".join(f"- `{name}`: {' '.join(text.split())}" for name, text in found.parameters) + "\n")
        if found.example:
            parts.append(f"{found.example}\n")
    return "\n".join(parts)


def table_words() -> Mapping[str, str]:
    """What the schema says of each table: the text under it."""
    body = ast.parse(Path(schema.__file__).read_text(encoding="utf-8")).body
    words = {}
    for statement, following in pairwise(body):
        if isinstance(statement, ast.Assign) and isinstance(following, ast.Expr):
            target, value = statement.targets[0], following.value
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                words[target.id] = " ".join(value.value.replace("``", "`").split())
    return words


def meanings() -> Mapping[tuple[str, str], str]:
    """What docs/tables.md says by hand, by table and column."""
    found, table = {}, ""
    for line in TABLES.read_text(encoding="utf-8").splitlines() if TABLES.exists() else ():
        if heading := re.fullmatch(r"## (\w+)", line):
            table = heading[1]
        elif row := re.fullmatch(r"\| `(\w+)` \|.*?\| ([^|]*) \|", line):
            found[table, row[1]] = row[2]
    return found


def _column(column: Column[Any], meaning: str) -> str:
    kind = str(column.type.dialect_impl(mysql.dialect()).compile(dialect=mysql.dialect()))
    traits = [
        "key" if column.primary_key else "unique" if column.unique else "",
        "may be empty" if column.nullable else "",
    ]
    shown = ", ".join([kind, *filter(None, traits)])
    return f"| `{column.name}` | {shown} | {meaning} |"


def _table(table: Table, words: str, known: Mapping[tuple[str, str], str]) -> str:
    rows = [_column(column, known.get((table.name, column.name), "")) for column in table.columns]
    return "\n".join(
        [f"## {table.name}\n", f"{words}\n", "| column | type on MySQL | meaning |", "|---|---|---|", *rows, ""]
    )


def tables_page() -> str:
    """docs/tables.md, with the meanings that stand there now."""
    words, known = table_words(), meanings()
    tables = sorted(schema.metadata.tables.items())
    return "\n".join([TABLES_HEAD, *(_table(table, words.get(name, ""), known) for name, table in tables)])


if __name__ == "__main__":
    COMMANDS.write_text(commands_page(), encoding="utf-8")
    TABLES.write_text(tables_page(), encoding="utf-8")
    print(f"written: {COMMANDS.relative_to(ROOT)}, {TABLES.relative_to(ROOT)}")
