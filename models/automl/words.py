"""What a model says about itself, English and Japanese, from one set of numbers."""

from collections.abc import Mapping
from typing import Any

from models.automl.columns.words import say as say_column
from models.automl.decide.words import say as say_split
from models.automl.folds import Plan
from models.automl.ground import Ground
from models.automl.model import Quality
from models.leaks.report import LeakReport, Suspect
from models.rank.document import Said
from models.rank.words import say as say_leak

__all__ = ["WORDS", "noticed", "say"]

WORDS: dict[str, tuple[str, str]] = {
    "rows_without_target": (
        "{count} rows without a target were left out.",
        "目的変数のない{count}行を除きました。",
    ),
    "rows_without_time": (
        "{count} rows without a time in {column} were left out.",
        "{column} に時刻のない{count}行を除きました。",
    ),
    "sampled": (
        "Of {rows:,} rows a random sample of {used:,} was learnt from.",
        "{rows:,}行から無作為に選んだ{used:,}行で学習しました。",
    ),
    "left_out": ("{column} is left out: {en}.", "列 {column} を除きました: {ja}。"),
    "column": ("{column}: {en}.", "列 {column}: {ja}。"),
    "leak_excluded": ("Excluded. {en}", "除外しました。{ja}"),
    "leak_kept": ("Suspicious, kept. {en}", "疑わしいですが、使っています。{ja}"),
    "leak_rows": ("Rows: {en}", "行: {ja}"),
    "leak_scores": (
        "One booster without the excluded columns: {metric} {without:.3f}; with them: {with_them:.3f}.",
        "除外した列を使わない場合の {metric} は {without:.3f}、使った場合は {with_them:.3f} です(勾配ブースティング)。",
    ),
    "optimism": (
        "A random split would have promised {metric} {random:.3f}; the honest one gives {forward:.3f}.",
        "無作為分割では {metric} {random:.3f} と見えますが、正しい分割では {forward:.3f} です。",
    ),
    "no_better_than_naive": (
        "On unseen rows the model is no better than the naive one ({metric} {forward:.3f} against {baseline:.3f}): "
        "do not rely on it.",
        "未知のデータで、単純予測({metric} {baseline:.3f})を上回りません({forward:.3f})。使用しないでください。",
    ),
}


def say(code: str, values: Mapping[str, Any]) -> Said:
    """A code as a sentence in both languages."""
    english, japanese = WORDS[code]
    return {"code": code, "en": english.format(**values), "ja": japanese.format(**values)}


def noticed(ground: Ground, split: Plan, leaks: LeakReport, quality: Quality) -> list[Said]:
    """Everything the user should know beside the scores: nothing is dropped or decided silently."""
    said = [say(note.code, note.values) for note in ground.notes]
    said += [say_split(why.code, why.values) for why in split.why]
    gone = {suspect.columns[0] for suspect in leaks.suspects if suspect.kind == "identifier" and suspect.columns}
    for entry in ground.preparation.left_out:
        if entry.column not in gone:
            said.append(say("left_out", {"column": entry.column, **_both(say_column(entry.why, entry.values))}))
    used = set(ground.preparation.columns)
    for column in ground.preparation.known:
        for note in column.notes if column.name in used else ():
            said.append(say("column", {"column": column.name, **_both(say_column(note.code, note.values))}))
    said += [_leak(suspect) for suspect in leaks.suspects]
    if leaks.score_without is not None and leaks.score_with is not None:
        scores = {"metric": leaks.metric, "without": leaks.score_without, "with_them": leaks.score_with}
        said.append(say("leak_scores", scores))
    figures = {"metric": quality.metric, "random": quality.random, "forward": quality.forward}
    if quality.optimism is not None and quality.optimism > 0 and quality.split != "stratified":
        said.append(say("optimism", figures))
    if quality.forward is not None and quality.baseline is not None and quality.forward <= quality.baseline:
        said.append(say("no_better_than_naive", {**figures, "baseline": quality.baseline}))
    return said


def _both(said: Said) -> dict[str, str]:
    return {"en": said["en"], "ja": said["ja"]}


def _leak(suspect: Suspect) -> Said:
    columns = ", ".join(suspect.columns)
    words = _both(say_leak(suspect.evidence, {"column": columns, **suspect.values}))
    if not suspect.columns:
        return say("leak_rows", words)
    # Some sentences begin with the columns themselves.
    named = {key: text if text.startswith(columns) else f"{columns}: {text}" for key, text in words.items()}
    return say("leak_excluded" if suspect.action == "excluded" else "leak_kept", named)
