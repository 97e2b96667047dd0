"""``genba report``: a ranking document as pages for people."""

from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import typer

from ingest.command import SettingsOption, settings_of
from ingest.errors import StudyError
from ingest.plant import Language
from ingest.settings import load_plant
from reports.jobs import plant_names
from reports.render.html import write

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add ``report`` to the root command."""
    app.command("report", epilog="Example: `genba report ranking.json --out reports --language ja`")(report_command)


def report_command(
    file: Annotated[Path, typer.Argument(help="What `genba rank --json` wrote.")],
    out: Annotated[Path, typer.Option("--out", help="Directory of the pages.")],
    language: Annotated[Literal["ja", "en", "all"], typer.Option("--language", help="Which pages to write.")] = "all",
    settings: SettingsOption = None,
) -> None:
    """Write a self-contained HTML page per language from a ranking.

    With --settings, factors get the names and times the zone of the plant file.
    """
    document = _read(file)
    languages: tuple[Language, ...] = ("ja", "en") if language == "all" else (language,)
    names: dict[str, dict[str, str]] = {}
    zone = "UTC"
    if settings is not None:
        plant = load_plant(settings_of(settings))
        study = document.get("study")
        names, zone = (plant_names(plant, study) if study in plant.studies else {}), plant.site.time_zone
    for path in write(document, out, languages, names, zone=zone):
        typer.echo(str(path))


def _read(file: Path) -> dict[str, Any]:
    try:
        content = orjson.loads(file.read_bytes())
    except FileNotFoundError:
        raise StudyError(
            f"{file}: no such file; `genba rank TABLE --study STUDY.toml --json {file}` makes one"
        ) from None
    except IsADirectoryError:
        raise StudyError(f"{file}: a directory; name the file that `genba rank --json` wrote") from None
    except orjson.JSONDecodeError as error:
        raise StudyError(f"{file}: not JSON ({error}); name the file that `genba rank --json` wrote") from None
    if not isinstance(content, dict):
        raise StudyError(f"{file}: not a ranking document; name the file that `genba rank --json` wrote")
    return content
