"""Odd lines and odd surroundings are found; templates are right."""

import pandas as pd
import pytest

from ingest.errors import StudyError
from models.tasks.logs.segments import segments
from models.tasks.logs.templates import Templates
from models.tasks.protocol import fit_task
from tests.models.tasks.tables import gateway_log

LOG = gateway_log()
OPTIONS = {"log_source_column": "source", "contamination": 0.02}


def test_odd_lines_are_found() -> None:
    model = fit_task("log_anomaly_detection", LOG[:1000][["log", "source"]], None, OPTIONS)
    auc = model.score(LOG[1000:], "label", "roc_auc")
    assert auc is not None
    assert auc > 0.99
    assert model.card.facts["n_templates"] == 6  # one kind of odd line only comes later
    assert model.card.columns == ("log", "source")


def test_a_burst_of_usual_lines_is_odd() -> None:
    calm = pd.DataFrame({"log": [f"client {k} {'joined' if k % 5 else 'failed'}" for k in range(800)]})
    model = fit_task("log_anomaly_detection", calm, None, {"contamination": 0.02})
    burst = calm.head(200).assign(label=0)
    burst.loc[100:129, "log"] = [f"client {k} failed" for k in range(30)]
    burst.loc[100:129, "label"] = 1
    auc = model.score(burst, "label", "roc_auc")
    assert auc is not None
    assert auc > 0.9


def test_answers_and_summaries() -> None:
    model = fit_task("log_anomaly_detection", LOG[["log", "source"]], None, OPTIONS)
    plain = model.predict(LOG).results
    assert all("summary" not in each for each in plain)
    assert all(each["index_map"][0] <= each["index_map"][1] for each in plain)
    odd = LOG["label"] == 1
    told = model.predict(LOG, {"logad_options": {"summarize_logs": True}}).results
    for each in told:
        assert ("summary" in each) == bool(each["predictions"]["is_anomaly"])
    first = told[int(odd.to_numpy().argmax())]
    assert first["parsed_log"] in first["summary"]
    assert first["parsed_log"] in first["summary_ja"]
    everything = model.predict(LOG.head(30), {"logad_options": {"summarize_logs": "true", "summary_threshold": 0}})
    assert all("summary" in each for each in everything.results)
    with pytest.raises(StudyError, match="needs summarize_logs"):
        model.predict(LOG, {"logad_options": {"summary_threshold": 0.5}})


def test_labels_of_lines() -> None:
    model = fit_task("log_anomaly_detection", LOG, "label", {"log_source_column": "source"})
    assert model.card.metric == "f1"
    assert model.score(LOG, "label", "f1") > 0.8  # type: ignore[operator]


def test_templates() -> None:
    lines = [
        "2026-01-02T03:04:05Z host 10.1.2.3:443 opened 0xff",
        "2026-02-03T04:05:06Z host 10.9.9.9:80 opened 0xab",
        "ポンプ3の圧力が12.5に低下",
        "ポンプ4の圧力が9に低下",
        "user anna logged in from web",
        "user bert logged in from app",
        "",
    ]
    miner = Templates.of(lines)
    assert miner.texts == (
        "<DATE> host <IP> opened <HEX>",
        "ポンプ <NUM> の 圧力 が <NUM> に 低下",
        "user <*> logged in from <*>",
        "",
    )
    assert miner.counts == [2, 2, 2, 1]
    assert [miner.place(line) for line in lines] == [0, 0, 1, 1, 2, 2, 3]
    assert miner.place("something else entirely") == -1
    own = Templates.of(["job AB-CD done", "job EF-GH done"], ["[A-Z]{2}-[A-Z]{2}"])
    assert own.texts == ("job <OWN> done",)


def test_segments_cover_every_line_once() -> None:
    sources = ["a", "b", "a", "a", "b", "a", "a"]
    found, owner = segments(sources, 2, 2)
    assert all(row in found[owner[row]] for row in range(len(sources)))
    assert all(len({sources[row] for row in segment}) == 1 for segment in found)


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        (LOG[["log", "source"]], {}, "columns log, source are left"),
        (LOG[["log"]], {"exclude_column_list": ["log"]}, "no column is left"),
        (LOG[["log"]].head(5), {}, "too few"),
        (LOG[["log"]].assign(log=None), {}, "holds no text"),
        (LOG[["log"]], {"log_source_column": "src"}, "no column 'src', which log_source_column names"),
        (LOG[["log"]], {"logad_options": {"additional_masking_regex": ["("]}}, "no regular expression"),
        (LOG[["log"]], {"logad_options": {"window": 3}}, "did you mean"),
    ],
)
def test_bad_calls(table: pd.DataFrame, options: dict[str, object], words: str) -> None:
    with pytest.raises(StudyError, match=words):
        fit_task("log_anomaly_detection", table, None, options)
