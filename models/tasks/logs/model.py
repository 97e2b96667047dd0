"""Anomaly detection in the lines of a log: `fit`, and the model it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints
from models.tasks.anomaly.fitted import Fitted, Labels, one_algorithm
from models.tasks.anomaly.marking import documents, labels_of, marked, scored
from models.tasks.base import Answers, Card, Told, dumped
from models.tasks.logs.segments import segments
from models.tasks.logs.templates import Templates
from models.tasks.logs.weights import Weights
from models.tasks.option_tables import Task
from models.tasks.options import Chosen, known_metric, parse
from models.tasks.tables import column, picked
from models.tasks.words import say

__all__ = ["LogModel", "fit", "restore"]

TASK: Task = "log_anomaly_detection"
FEWEST = 10
"""Lines below which nothing is usual."""
LEARNT = 20_000
"""Lines, drawn at random, that the detector is fitted to; templates are found in all."""
BLOCK = 5000
"""Lines scored at a time, so that memory stays flat."""
TOLD = 3
"""Templates that a summary names."""


@dataclass(frozen=True)
class Layout:
    """Which columns hold the lines and their sources, and how segments are cut."""

    lines: str
    source: str | None
    size: int
    stride: int

    def read(self, table: pd.DataFrame) -> tuple[list[str], list[Ints], Ints]:
        """Lines, segments, and the segment of each line. A missing line is an empty one."""
        lines = texts(column(table, self.lines, "which holds the lines of the log"))
        sources = [""] * len(lines)
        if self.source is not None:
            sources = texts(column(table, self.source, "which says where a line comes from"))
        return lines, *segments(sources, self.size, self.stride)


def texts(values: pd.Series) -> list[str]:
    """Cells as texts; missing ones are empty."""
    return ["" if missing else str(value) for value, missing in zip(values.tolist(), values.isna(), strict=True)]


@dataclass(frozen=True)
class LogModel:
    """See `models.tasks.protocol.TaskModel`."""

    card: Card
    layout: Layout
    miner: Templates
    weights: Weights
    fitted: Fitted

    def _probability(
        self, lines: Sequence[str], groups: list[Ints], owner: Ints, chosen: Chosen
    ) -> tuple[Floats, Ints]:
        """Of each line, and its template."""
        fitted = self.fitted.as_asked(chosen)
        places, words = _parsed(self.miner, lines)
        out = np.empty(len(lines))
        for start in range(0, len(lines), BLOCK):
            rows = slice(start, start + BLOCK)
            # The lines of a segment may lie outside the block, so all of them are at hand.
            out[rows] = fitted.probability(
                _points(self.weights, places, words, groups, owner, np.arange(len(lines))[rows])
            )
        return out, places

    def predict(self, table: pd.DataFrame, options: Mapping[str, Any] | None = None) -> Answers:
        """Marked lines with template and segment; summaries where asked for."""
        chosen = parse(TASK, "predict", options)
        lines, groups, owner = self.layout.read(table)
        probability, places = self._probability(lines, groups, owner, chosen)
        marks = marked(probability, chosen, self.fitted.threshold)
        results = documents(probability, marks)
        named = self.miner.texts
        for row, result in enumerate(results):
            segment = groups[owner[row]]
            result["parsed_log"] = named[places[row]] if places[row] >= 0 else lines[row]
            result["index_map"] = [int(segment[0]) + 1, int(segment[-1]) + 1]
        asked = chosen["logad_options"]
        if asked["summarize_logs"]:
            limit = asked["summary_threshold"]
            told = marks if limit is None else probability > limit
            for row in np.flatnonzero(told).tolist():
                results[row] |= self._summary(groups[owner[row]], places, lines)
        elif asked["summary_threshold"] is not None:
            raise StudyError("option 'summary_threshold' needs summarize_logs = true; add it, or leave both out")
        return Answers(results)

    def _summary(self, segment: Ints, places: Ints, lines: Sequence[str]) -> dict[str, str]:
        """What a segment holds, rarest first."""
        counted: dict[str, tuple[int, int]] = {}
        for row in segment.tolist():
            place = int(places[row])
            text = self.miner.texts[place] if place >= 0 else lines[row]
            seen = self.miner.counts[place] if place >= 0 else 0
            counted[text] = (seen, counted.get(text, (0, 0))[1] + 1)
        rare = sorted(counted.items(), key=lambda entry: entry[1][0])[:TOLD]
        english = "; ".join(f"{times} x {text!r} (seen {seen} times in training)" for text, (seen, times) in rare)
        japanese = "、".join(f"「{text}」{times}行(学習時{seen}行)" for text, (seen, times) in rare)
        n = len(segment)
        return {"summary": f"{n} lines; rarest: {english}", "summary_ja": f"{n}行。まれな順に、{japanese}"}

    def score(
        self, table: pd.DataFrame, target: str | None, metric: str, options: Mapping[str, Any] | None = None
    ) -> float | None:
        """Against labels of lines, 1 and 0; lines without one are left out."""
        chosen = parse(TASK, "score", options)
        known_metric(TASK, metric)
        if target is None:
            raise StudyError("scoring anomalies needs a column of labels (1 anomalous, 0 normal): name it as target")
        truth = labels_of(table, target)
        probability, _ = self._probability(*self.layout.read(table), chosen)
        return scored(metric, truth, probability, chosen, self.fitted.threshold)

    def to_text(self) -> str:
        """JSON."""
        state = {
            "layout": dict(self.layout.__dict__),
            "miner": self.miner.to_dict(),
            "weights": self.weights.to_dict(),
            "fitted": self.fitted.to_dict(),
        }
        return dumped(self.card, state)


def restore(card: Card, state: Mapping[str, Any]) -> LogModel:
    """From the parts of a text."""
    layout = Layout(**state["layout"])
    miner, weights = Templates.from_dict(state["miner"]), Weights.from_dict(state["weights"])
    return LogModel(card, layout, miner, weights, Fitted.from_dict(state["fitted"]))


def _parsed(miner: Templates, lines: Sequence[str]) -> tuple[Ints, list[tuple[str, ...]]]:
    """Template and words of each line; equal lines are read once."""
    seen: dict[str, tuple[int, tuple[str, ...]]] = {}
    for line in lines:
        if line not in seen:
            seen[line] = miner.place(line), miner.words(line)
    return np.array([seen[line][0] for line in lines], dtype=np.int64), [seen[line][1] for line in lines]


def _points(
    weights: Weights, places: Ints, words: list[tuple[str, ...]], groups: list[Ints], owner: Ints, rows: Ints
) -> Floats:
    """Of some rows only: their segments are given with their own lines."""
    needed = np.unique(np.concatenate([rows, *(groups[segment] for segment in np.unique(owner[rows]))]))
    local = {segment: at for at, segment in enumerate(np.unique(owner[rows]).tolist())}
    inner = [np.searchsorted(needed, groups[segment]) for segment in local]
    # Lines beside the asked ones need an owner too; any will do, for their points are not taken.
    owners = np.array([local.get(segment, 0) for segment in owner[needed].tolist()])
    found = weights.points(places[needed], [words[row] for row in needed], inner, owners)
    return np.asarray(found[np.searchsorted(needed, rows)])


def _layout(table: pd.DataFrame, target: str | None, chosen: Chosen) -> Layout:
    source = chosen["log_source_column"] or chosen["logad_options"]["log_source_column"]
    if source is not None:
        column(table, source, "which log_source_column names")
    left = picked(table, chosen["include_column_list"], chosen["exclude_column_list"], (target, source))
    if len(left) != 1:
        found = f"columns {', '.join(left)} are left" if left else "no column is left"
        raise StudyError(f"a log has one column of lines, but {found}; name the others in exclude_column_list")
    return Layout(left[0], source, chosen["logad_options"]["window_size"], chosen["logad_options"]["window_stride"])


def fit(
    table: pd.DataFrame, target: str | None, options: Mapping[str, Any] | None, *, seed: int, told: Told
) -> LogModel:
    """Learn which lines are usual. ``target``: a column of labels 1, 0 and NULL, or None: without labels."""
    chosen = parse(TASK, "train", options)
    algorithm = one_algorithm(chosen)
    layout = _layout(table, target, chosen)
    lines, groups, owner = layout.read(table)
    if len(lines) < FEWEST:
        raise StudyError(f"{len(lines)} line(s) are too few to tell what is usual; give at least {FEWEST}")
    if not any(line.strip() for line in lines):
        raise StudyError(f"column {layout.lines!r} holds no text; give the column of the log's lines")
    told("templates", 0.0)
    miner = Templates.of(lines, chosen["logad_options"]["additional_masking_regex"] or ())
    places, words = _parsed(miner, lines)
    weights = Weights.of(miner, places, words, groups)
    rows = np.arange(len(lines))
    if len(rows) > LEARNT:
        rows = np.sort(np.random.default_rng(seed).choice(len(lines), LEARNT, replace=False))
    labels = None if target is None else Labels.of(labels_of(table, target)[rows], chosen)
    told(algorithm, 0.3)
    points = _points(weights, places, words, groups, owner, rows)
    fitted, probability, facts = Fitted.fit(algorithm, points, chosen, labels, seed)
    told(algorithm, 1.0)
    notes = [*chosen.notes(), say("templates", {"lines": len(lines), "templates": len(miner.known)}), *facts["notes"]]
    if len(rows) < len(lines):
        notes.append(say("sampled", {"count": len(rows), "rows": len(lines)}))
    found = {
        "training_params": {**fitted.params(), "window_size": layout.size, "window_stride": layout.stride},
        "contamination": chosen["contamination"],
        "anomaly_detection_threshold": fitted.threshold,
        "n_rows": len(table),
        "n_columns": len(table.columns),
        "n_selected_rows": len(rows),
        "n_selected_columns": 1 + (layout.source is not None),
        "n_templates": len(miner.known),
        "n_anomalies": int(np.sum(probability > fitted.threshold)),
        "quality": facts["quality"],
        "yardsticks": {},
        "notes": notes,
    }
    columns = (layout.lines,) if layout.source is None else (layout.lines, layout.source)
    metric = None if labels is None else labels.ensemble_score
    return LogModel(Card(TASK, algorithm, columns, metric, facts["score"], found), layout, miner, weights, fitted)
