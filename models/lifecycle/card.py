"""The model card: what a model is, from what it learnt, how good it is and what to beware of, as Markdown."""

from collections.abc import Mapping
from typing import Any

from ingest.store.model_catalog import ModelEntry

__all__ = ["card"]

WORDS: dict[str, tuple[str, str]] = {
    "title": ("# Model of study {study}", "# スタディ {study} のモデル"),
    "what": (
        "Foretells {target} ({task}) with {algorithms}.",
        "{target} を {algorithms} で予測します({task})。",
    ),
    "data": ("## Data", "## データ"),
    "rows": (
        "- {rows} units, {columns} columns, from {first} to {last}",
        "- {rows}件、{columns}列、期間 {first}〜{last}",
    ),
    "hash": ("- fingerprint `{hash}`", "- 指紋 `{hash}`"),
    "quality": ("## Quality", "## 精度"),
    "forward": (
        "- {metric} {forward} on {n_test} newer units that it had not seen (90 % interval {forward_low} to "
        "{forward_high}); the naive model: {baseline}",
        "- 学習に使っていない、より新しい{n_test}件で {metric} {forward}(90%区間 {forward_low}〜{forward_high})。"
        "単純予測は {baseline}",
    ),
    "optimism": (
        "- on randomly drawn units {random}: {optimism} of that is optimism",
        "- 無作為に選んだデータでは {random}(うち {optimism} は見かけの高さ)",
    ),
    "leaks": ("## Suspicious columns", "## 疑わしい列"),
    "leak": ("- `{column}`: {kind} ({action})", "- `{column}`: {kind}({action})"),
    "none": ("- none", "- なし"),
    "made": ("## How it was made", "## 作成条件"),
    "option": ("- {key}: {value}", "- {key}: {value}"),
    "beware": ("## Beware", "## 注意"),
    "limits": (
        "- It foretells units like those it learnt from; drift is watched per column, its score on new units, too.\n"
        "- It tells what goes together with the target, not what causes it.",
        "- 学習データと同様の個体だけを予測できます。列ごとの分布の変化と、新しいデータでの得点を監視しています。\n"
        "- 目的変数と共に動くものを示すだけで、原因を示すものではありません。",
    ),
}


def _shown(value: Any) -> Any:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else value


def card(study: str, target: str, entry: ModelEntry) -> dict[str, str]:
    """The card in English and Japanese, by language."""
    return {language: _card(study, target, entry, place) for place, language in enumerate(("en", "ja"))}


def _card(study: str, target: str, entry: ModelEntry, place: int) -> str:
    def line(key: str, values: Mapping[str, Any]) -> str:
        return WORDS[key][place].format(**{name: _shown(value) for name, value in values.items()})

    quality, made = entry.quality, {**entry.options, **entry.versions}
    lines = [
        line("title", {"study": study}),
        "",
        line("what", {"target": target, "task": entry.task, "algorithms": ", ".join(entry.algorithms)}),
        "",
        line("data", {}),
        line("rows", entry.fingerprint),
        line("hash", {"hash": entry.fingerprint["hash"][:16]}),
        "",
        line("quality", {}),
        line("forward", quality),
        line("optimism", quality),
        "",
        line("leaks", {}),
        *([line("leak", leak) for leak in entry.leaks] or [line("none", {})]),
        "",
        line("made", {}),
        *(line("option", {"key": key, "value": str(value)}) for key, value in made.items()),
        *([f"- {entry.notes}"] if entry.notes else []),
        "",
        line("beware", {}),
        line("limits", {}),
    ]
    return "\n".join(lines) + "\n"
