"""What learning leaves behind beside models: scores, rankings, reports. The models: `ingest.store.model_catalog`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import CursorResult, delete, insert, select

from ingest.store.engine import Store
from ingest.store.schema import ranking, report, score

__all__ = [
    "RankingRow",
    "ReportRow",
    "latest_ranking",
    "latest_reports",
    "save_ranking",
    "save_report",
    "save_scores",
]


@dataclass(frozen=True, slots=True)
class RankingRow:
    """A ranking document, contract 5.2."""

    ranking_id: int
    study: str
    created_at: datetime
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report that was written."""

    study: str
    language: str
    created_at: datetime
    path: str


def _key(result: CursorResult[Any]) -> int:
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])


def save_scores(store: Store, study: str, model_id: int, scores: Sequence[tuple[str, float]]) -> None:
    """Replace the study's scores by the champion's."""
    rows = [{"study": study, "serial": serial, "model_id": model_id, "score": value} for serial, value in scores]
    with store.begin() as connection:
        connection.execute(delete(score).where(score.c.study == study))
        for start in range(0, len(rows), 5000):
            connection.execute(insert(score), rows[start : start + 5000])


def save_ranking(store: Store, study: str, model_id: int | None, document: Mapping[str, Any]) -> int:
    """Keep a ranking document; returns its id."""
    with store.begin() as connection:
        result = connection.execute(
            insert(ranking).values(
                study=study,
                created_at=datetime.now(UTC),
                model_id=model_id,
                document=orjson.dumps(document).decode(),
            )
        )
        return _key(result)


def latest_ranking(store: Store, study: str, before: int | None = None) -> RankingRow | None:
    """The newest ranking of a study, or the newest older than the one of id ``before``."""
    wanted = select(ranking).where(ranking.c.study == study).order_by(ranking.c.ranking_id.desc()).limit(1)
    if before is not None:
        wanted = wanted.where(ranking.c.ranking_id < before)
    with store.connect() as connection:
        row = connection.execute(wanted).first()
    return None if row is None else RankingRow(row.ranking_id, row.study, row.created_at, orjson.loads(row.document))


def save_report(store: Store, study: str, language: str, ranking_id: int, path: str) -> None:
    """Remember where a report was written."""
    with store.begin() as connection:
        connection.execute(
            insert(report).values(
                study=study, language=language, created_at=datetime.now(UTC), ranking_id=ranking_id, path=path
            )
        )


def latest_reports(store: Store, study: str) -> dict[str, ReportRow]:
    """The newest report of a study in each language."""
    with store.connect() as connection:
        rows = connection.execute(select(report).where(report.c.study == study).order_by(report.c.report_id))
        return {row.language: ReportRow(row.study, row.language, row.created_at, row.path) for row in rows}
