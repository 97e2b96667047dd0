"""docs/settings.md out of the settings model: ``python -m tests.ingest.settings_page`` writes it, a test compares."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from ingest.settings import Settings

PAGE = Path(__file__).parents[2] / "docs/settings.md"

HEAD = """# Settings

Written by `make docs` from `ingest/settings.py`. Where the broker, the database and the directories are; what the
*plant* looks like stands in `plant.toml` ([connect.md](connect.md)).

A setting is looked for in the environment, then in the settings file, then here. The file is the one that
`--settings` or `GENBA_SETTINGS` names, else `genba.toml` in the current directory. A variable is written
`GENBA__SECTION__KEY`: `GENBA__BROKER__HOST=10.0.0.5`. Relative paths start at the settings file. Unknown keys are
refused, and the nearest known one is named. Passwords may stand in files (`password_file`); no log shows them.

```toml
plant = "plant.toml"

[broker]
host          = "10.0.0.5"
username      = "genba"
password_file = "secrets/broker-password"

[database]
url           = "mysql+pymysql://genba@10.0.0.6/genba"
password_file = "secrets/database-password"
```
"""


def _type(annotation: Any) -> str:
    arguments = get_args(annotation)
    if arguments and type(None) in arguments:
        return _type(next(one for one in arguments if one is not type(None)))
    if arguments and all(isinstance(one, str) for one in arguments):
        return " or ".join(f"`{one}`" for one in arguments)
    if getattr(annotation, "__origin__", None) is dict:
        return "table"
    names = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`", Path: "path"}
    return names.get(annotation, "text" if annotation is SecretStr else str(annotation))


def _default(field: FieldInfo) -> str:
    value = field.default
    assert value is not PydanticUndefined
    if value is None:
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _table(fields: dict[str, FieldInfo], prefix: str) -> Iterator[str]:
    yield "| name | variable | type | default | meaning |"
    yield "|---|---|---|---|---|"
    for name, field in fields.items():
        variable = f"`GENBA__{prefix}{name.upper()}`"
        yield f"| `{name}` | {variable} | {_type(field.annotation)} | {_default(field)} | {field.description} |"


def page() -> str:
    """The whole page."""
    plain = {name: field for name, field in Settings.model_fields.items() if not isinstance(field.default, BaseModel)}
    lines = [HEAD, "## At the top", "", *_table(plain, "")]
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            section = type(field.default)
            lines += ["", f"## [{name}]", "", section.__doc__ or "", ""]
            lines += _table(section.model_fields, f"{name.upper()}__")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
