"""What a user can type or query is documented."""

from ingest.store import schema
from tests.docs import reference


def test_every_command_and_option_is_documented() -> None:
    assert reference.COMMANDS.read_text(encoding="utf-8") == reference.commands_page(), "run `make docs`"


def test_every_command_says_what_it_does_and_shows_an_example() -> None:
    silent = [
        " ".join(found.path)
        for found in reference.commands()
        if not found.help or "genba " not in found.example + found.help
    ]
    assert not silent, f"no help, or no example in it: {silent}"


def test_every_option_says_what_it_means() -> None:
    silent = [(found.path, name) for found in reference.commands() for name, text in found.parameters if not text]
    assert not silent


def test_every_table_and_column_is_documented() -> None:
    assert reference.TABLES.read_text(encoding="utf-8") == reference.tables_page(), "run `make docs`"


def test_every_table_says_what_it_holds() -> None:
    assert set(schema.metadata.tables) <= set(reference.table_words())


def test_every_column_has_a_meaning() -> None:
    known = reference.meanings()
    silent = [
        f"{table.name}.{column.name}"
        for table in schema.metadata.tables.values()
        for column in table.columns
        if not known.get((table.name, column.name))
    ]
    assert not silent, f"write what they mean into docs/tables.md: {silent}"
