"""What stands beside the ranking, word for word: sensitivity, process, units, trial, energy; and that it may lack."""

import pytest

from ingest.plant import Language
from reports.content import build
from reports.document import Document
from reports.formats import Formats
from reports.parts import Report
from tests.reports import documents
from tests.reports.beside import example


def report(document: dict[str, object], language: Language) -> Report:
    return build(Document.parse(document), Formats(language), documents.NAMES)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_pair_is_one_advice_and_excludes_what_moves_the_same_setting() -> None:
    first, second = report(documents.whole(), "en").findings
    assert "and gas pressure between 2.10 and 2.40" in first.sentences[0]
    assert first.sentences[0].endswith("both at the same time.")
    assert "Do one of the two" in second.caution
    assert "finding 1" in second.caution
    assert "always moved together" in second.caution


def test_sensitivity_says_what_remains() -> None:
    first, second = report(documents.whole(), "en").findings
    assert "mattered as much as ambient temperature does, at least 6.0 fewer defective units" in first.sentences[-1]
    assert second.sentences[-1].endswith("the gain could vanish.")
    assert "外気温" in report(documents.whole(), "ja").findings[0].sentences[-1]


def test_reduced_promises_say_so() -> None:
    shown = report(documents.whole(), "en")
    assert "earlier actions gave 80% of what was promised" in shown.caution
    assert any("reduced accordingly, from 15.0" in text for text in shown.findings[0].sentences)
    assert not any("reduced" in text for text in shown.findings[1].sentences)


def test_what_was_looked_at_in_vain_says_why() -> None:
    table = report(documents.whole(), "en").considered
    assert table is not None
    assert [row[0].text for row in table.rows] == ["Filling speed", "Die"]
    assert "could be chance" in table.rows[0][2].text
    assert table.rows[1][2].text == "For a reason of later versions."


def test_trial_says_what_to_run() -> None:
    box = report(documents.whole(), "en").trial
    assert box is not None
    assert "17 whole lots (850 units)" in box.sentences[1]
    assert "about 24 days" in box.sentences[2]
    assert [[cell.small for cell in row[1:]] for row in box.table.rows] == [
        ["as now", "as now"], ["as now", "as advised"], ["as advised", "as now"], ["as advised", "as advised"]
    ]  # fmt: skip


def test_process_says_when_to_look() -> None:
    found = report(documents.whole(), "en").process
    assert found is not None
    assert found.statement.startswith("Special cause: one stretch")
    assert [plain(said) for said in found.moments] == ["11 Jan 2026 08:00 to 12 Jan 2026 20:00: worse"]
    assert found.figure is not None
    assert [row[-1].text for row in found.figure.table.rows].count("look here") == 3
    assert [kind for kind, _ in found.legend] == ["beyond", "rule"]


def test_unit_adds_up_and_says_what_would_have_made_it_good() -> None:
    first, second = report(documents.whole(), "en").examples
    assert first.title == "Unit A-99, 6\u00a0Jan 2026 03:00"
    assert "cooling device temperature from 9.1 to 6.5\u00a0°C" in first.sentences[1]
    assert "does not agree" in first.caution
    assert first.figure is not None
    assert [row[-1].text for row in first.figure.table.rows] == ["3.0", "+35.0", "−5.0", "+3.0", "36.0"]
    assert "do not tell why" in second.sentences[1]
    assert len(second.sentences) == 2


def test_single_units_do_not_advise_where_nothing_is_advised() -> None:
    (shown,) = report(documents.no_actionable_factor() | {"examples": [example()]}, "en").examples
    assert len(shown.sentences) == 1
    assert (shown.caution, shown.figure is not None) == ("", True)


def test_single_units_do_not_advise_what_is_not_advised() -> None:
    other = example()
    other["change"]["settings"][0] |= {"factor": "ambient_temp"}
    (shown,) = report(documents.whole() | {"examples": [other]}, "en").examples
    assert len(shown.sentences) == 1


def test_a_trial_longer_than_the_study_says_so() -> None:
    document = documents.whole()
    document["trial"] |= {"days": 1055.0}
    box = report(document, "en").trial
    assert box is not None
    assert box.sentences[-1].startswith("That is longer than the period studied.")


def test_a_doubtful_column_explains_nothing() -> None:
    leak = {"column": "cooling_temp", "kind": "too_good", "evidence": "x", "action": "kept"}
    assert report(documents.whole() | {"leaks": [leak]}, "en").examples == ()


def test_energy_in_four_figures() -> None:
    found = report(documents.account(), "en").energy
    assert found is not None
    assert [plain(figure.value) for figure in found.key_figures] == ["1.87", "1,676 kWh", "doubtful", "14,447 kWh"]
    assert found.key_figures[0].note == "before 1.57 · +19.1%"
    assert found.bridge is not None
    assert [row[1].text for row in found.bridge.table.rows] == ["+0.236", "+0.104", "−0.040"]
    assert "error was 20% smaller than that of the yardstick (the same time a week before)" in found.sentences[1]
    assert found.losses is not None
    assert found.losses.rows[0][0].text == "Standing still"


def test_more_used_than_the_baseline_is_no_saving() -> None:
    document = documents.account()
    document["energy"]["savings"]["total"] = {"estimate": -500.0, "low": -900.0, "high": -100.0}
    found = report(document, "en").energy
    assert found is not None
    assert (plain(found.key_figures[1].value), found.key_figures[1].label) == ("500 kWh", "more than the baseline")
    assert "100–900" in found.key_figures[1].note


@pytest.mark.parametrize("name", ["classification", "no_actionable_factor", "not_enough_data"])
def test_documents_of_earlier_versions_lack_all_of_it(name: str) -> None:
    shown = report(documents.ALL[name](), "en")
    beside = (shown.considered, shown.trial, shown.energy, shown.process, shown.unusual)
    assert (beside, shown.examples) == ((None,) * 5, ())
