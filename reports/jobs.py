"""Reports of the scheduler, which finds this by name: entry point ``scheduled`` of ``genba.reports``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.plant import Language, Plant
from ingest.settings import Settings
from reports.render.html import write
from reports.words import LANGUAGES, Words

__all__ = ["plant_names", "write_reports"]

STATISTICS = ("last", "mean", "std", "min", "max", "range", "slope", "count", "rate")


def write_reports(settings: Settings, plant: Plant, study: str, document: Mapping[str, Any]) -> list[Path]:
    """Write one file per language of the site into ``var/reports``; the paths, in the order of the languages."""
    return write(
        document,
        settings.var / "reports",
        plant.site.languages,
        plant_names(plant, study),
        zone=plant.site.zone,
    )


def plant_names(plant: Plant, study: str) -> dict[str, dict[str, str]]:
    """What people call the study, its columns (``signal``, ``signal__statistic``) and the store's own words."""
    asked = plant.studies[study]
    names = {key: _said(f"column.{key}") for key in ("verdict", "bad", "product", "finished_at")}
    if asked.group is not None:
        names["group_key"] = _said(f"column.{asked.group}")
    for _, signal, declared in plant.lines[asked.line].signals():
        if declared.name is None:
            continue
        called: dict[Language, str] = {language: declared.name[language] for language in LANGUAGES}
        names[signal] = {str(language): name for language, name in called.items()}
        for statistic in STATISTICS:
            names[f"{signal}__{statistic}"] = {
                language: Words(language)(f"statistic.{statistic}", name=name) for language, name in called.items()
            }
    if asked.title is not None:
        names[study] = {language: asked.title[language] for language in LANGUAGES}
    return names


def _said(key: str) -> dict[str, str]:
    return {language: Words(language)(key) for language in LANGUAGES}
