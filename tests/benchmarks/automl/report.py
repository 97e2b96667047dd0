"""The comparison as tables on the terminal, out of cached results."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache as remembered
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table as Lines

from tests.benchmarks.automl.protocol import (
    Truth,
    best_single,
    blocks,
    loss,
    mean_interval,
    naive_score,
    relative,
    score,
    standard_error,
)

BARE = ("flaml", "lightgbm")
"""No table may be clearly worse than the better of these."""


@dataclass(frozen=True)
class Run:
    """One system on one division of one table."""

    table: str
    split: int
    system: str
    budget: int

    @property
    def label(self) -> str:
        return f"{self.system}@{self.budget}"

    def folder(self, cache: Path) -> Path:
        return cache / "tables" / f"{self.table}-{self.split}"

    def result(self, cache: Path) -> Path:
        return cache / "results" / f"{self.table}-{self.split}-{self.system}-{self.budget}"

    def known(self, cache: Path) -> bool:
        """Done before, or failed before."""
        return any(self.result(cache).with_suffix(end).exists() for end in (".json", ".error"))

    def forget(self, cache: Path) -> None:
        for end in (".json", ".npy", ".error"):
            self.result(cache).with_suffix(end).unlink(missing_ok=True)


@remembered
def truth_of(folder: Path) -> Truth:
    """The judged rows of a division."""
    table = json.loads((folder / "table.json").read_text())
    columns = [table["target"], *filter(None, [table["group"]])]
    train, test = (pd.read_parquet(folder / f"{part}.parquet", columns=columns) for part in ("train", "test"))
    learnt, judged = train[table["target"]].to_numpy(), test[table["target"]].to_numpy()
    classes = 0
    if table["task"] != "regression":
        names = np.unique(learnt)
        learnt, judged, classes = np.searchsorted(names, learnt), np.searchsorted(names, judged), len(names)
    if table["group"]:
        cluster = pd.factorize(test[table["group"]])[0].astype(np.int64)
    else:
        cluster = blocks(len(test)) if table["order"] else np.arange(len(test))
    learnt, judged = learnt.astype(float), judged.astype(float)
    return Truth(table["task"], judged, classes, naive_score(table["task"], learnt, judged), cluster)


@dataclass(frozen=True)
class Cell:
    """What one run came to; without predictions it failed, and counts as naive."""

    score: float
    loss: float | None
    seconds: float
    peak_mb: float
    predicted: np.ndarray | None


def cell(run: Run, cache: Path) -> Cell:
    truth, out = truth_of(run.folder(cache)), run.result(cache)
    if not out.with_suffix(".json").exists():
        return Cell(truth.naive, None, float("nan"), float("nan"), None)
    figures, predicted = json.loads(out.with_suffix(".json").read_text()), np.load(out.with_suffix(".npy"))
    return Cell(score(truth, predicted), loss(truth, predicted), figures["fit_seconds"], figures["peak_mb"], predicted)


def compare(runs: Sequence[Run], cache: Path, console: Console) -> None:
    """Print scores, times, and the figures that the engine is judged by; nothing for runs not done yet."""
    found: dict[str, dict[int, dict[str, Cell]]] = defaultdict(lambda: defaultdict(dict))
    for run in runs:
        if run.known(cache):
            found[run.table][run.split][run.label] = cell(run, cache)
    labels = list(dict.fromkeys(run.label for run in runs))
    ours = [label for label in labels if label.startswith("genba")]
    peers = [label for label in labels if label not in ours]
    scores_table(found, labels, cache, console)
    for label in ours:
        verdict(found, label, peers, cache, console)
    costs_table(found, labels, console)


Found = dict[str, dict[int, dict[str, Cell]]]


def scores_table(found: Found, labels: Sequence[str], cache: Path, console: Console) -> None:
    lines = Lines(title="score, mean over splits (higher is better)")
    for head in ("table", "naive", *labels):
        lines.add_column(head, justify="left" if head == "table" else "right", no_wrap=True)
    for name, splits in found.items():
        naive = np.mean([truth_of(cache / "tables" / f"{name}-{split}").naive for split in splits])
        row = [f"{naive:.4f}"]
        for label in labels:
            cells = [cells[label] for cells in splits.values() if label in cells]
            failed = any(each.predicted is None for each in cells)
            row.append("failed" if failed else f"{np.mean([each.score for each in cells]):.4f}" if cells else "–")
        lines.add_row(name, *row)
    console.print(lines)


def costs_table(found: Found, labels: Sequence[str], console: Console) -> None:
    lines = Lines(title="cost of learning")
    for head in ("system", "runs", "failed", "mean s", "longest s", "mean peak MB", "largest peak MB"):
        lines.add_column(head, justify="left" if head == "system" else "right")
    for label in labels:
        cells = [cells[label] for splits in found.values() for cells in splits.values() if label in cells]
        done = [each for each in cells if each.predicted is not None]
        if done:
            seconds, peaks = [each.seconds for each in done], [each.peak_mb for each in done]
            figures = (np.mean(seconds), np.max(seconds), np.mean(peaks), np.max(peaks))
            lines.add_row(
                label, str(len(cells)), str(len(cells) - len(done)), *(f"{figure:,.0f}" for figure in figures)
            )
    console.print(lines)


def verdict(found: Found, ours: str, peers: Sequence[str], cache: Path, console: Console) -> None:
    """Against each peer: mean difference of shares; per table: how far from the better of FLAML and LightGBM."""
    shares: dict[str, list[float]] = defaultdict(list)
    lines = Lines(
        title=f"{ours}: share of the best peer's gain over naive; difference to the better of FLAML and LightGBM"
    )
    for head in ("table", "share", "best peer", "difference", "standard error", "worse by > 2"):
        lines.add_column(head, justify="left" if head in {"table", "best peer"} else "right", no_wrap=True)
    worse = 0
    for name, splits in found.items():
        whole = {split: cells for split, cells in splits.items() if {ours, *peers} <= cells.keys()}
        if not whole or not peers:
            continue
        means = {label: float(np.mean([cells[label].score for cells in whole.values()])) for label in (ours, *peers)}
        naive = float(np.mean([truth_of(cache / "tables" / f"{name}-{split}").naive for split in whole]))
        best = max(peers, key=lambda label: means[label])
        for label, mean in means.items():
            shares[label].append(relative(mean, naive, means[best]))
        gap, error = against_bare(whole, ours, name, cache)
        clear = gap < -2 * error
        worse += clear
        mark = "[red]yes[/red]" if clear else ""
        lines.add_row(name, f"{shares[ours][-1]:.3f}", best, f"{gap:+.4f}", f"{error:.4f}", mark)
    if shares:
        console.print(lines)
        console.print(
            f"{ours}: clearly worse than the better of FLAML and LightGBM on {worse} of {lines.row_count} tables"
        )
        against_each(shares, ours, console)


def against_each(shares: dict[str, list[float]], ours: str, console: Console) -> None:
    """The mean difference to every peer, the one with the best mean marked."""
    peers = {label: values for label, values in shares.items() if label != ours}
    best = best_single(peers)
    for label, values in peers.items():
        gap = mean_interval([own - other for own, other in zip(shares[ours], values, strict=True)])
        console.print(
            f"  against {label}: mean share {np.mean(shares[ours]):.4f} - {np.mean(values):.4f} = "
            f"{gap.mean:+.4f} (90 %: {gap.low:+.4f} … {gap.high:+.4f})"
            + ("  ← best single peer" if label == best else "")
        )


def against_bare(splits: dict[int, dict[str, Cell]], ours: str, name: str, cache: Path) -> tuple[float, float]:
    """Difference to the better of FLAML and LightGBM, mean over splits, and its standard error; (0, 0) without them."""
    bare = [label for label in next(iter(splits.values())) if label.split("@")[0] in BARE]
    if not bare:
        return 0.0, 0.0
    better = max(bare, key=lambda label: float(np.mean([cells[label].score for cells in splits.values()])))
    gaps = [cells[ours].score - cells[better].score for cells in splits.values()]
    errors = []
    for split, cells in splits.items():
        own, other = cells[ours].predicted, cells[better].predicted
        if own is not None and other is not None:
            errors.append(standard_error(truth_of(cache / "tables" / f"{name}-{split}"), own, other))
    return float(np.mean(gaps)), float(np.sqrt(np.sum(np.square(errors)))) / len(gaps)
