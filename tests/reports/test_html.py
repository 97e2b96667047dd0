"""The page: whole, self-contained, escaped, with a table behind every picture, the same numbers in both languages."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ingest.errors import StudyError
from ingest.plant import Language
from reports.charts.svg import specifications
from reports.content import build
from reports.document import Document
from reports.formats import Formats
from reports.parts import Report
from reports.render.html import write
from tests.reports import documents

BOTH = ("classification", "regression", "no_actionable_factor", "not_enough_data", "hostile")
NAMES = documents.NAMES | documents.LONG_NAMES


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """Every example; those whose words differ most in both languages."""
    directory = tmp_path_factory.mktemp("reports")
    read = {}
    for name, made in documents.ALL.items():
        languages: tuple[Language, ...] = ("ja", "en") if name in BOTH else ("ja",)
        paths = write(made() | {"study": name}, directory, languages, NAMES, zone="Asia/Tokyo")
        assert [path.name for path in paths] == [f"{name}.{language}.html" for language in languages]
        read |= {(name, path.name.split(".")[-2]): path.read_text(encoding="utf-8") for path in paths}
    return read


class Reader(HTMLParser):
    """Tags and their attributes, and whether all are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br", "link", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def test_pages_are_small(pages: dict[tuple[str, str], str]) -> None:
    assert {key for key, page in pages.items() if len(page.encode()) > 400_000} == set()


def test_pages_ask_for_nothing(pages: dict[tuple[str, str], str]) -> None:
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    for page in pages.values():
        tags = read(page).tags
        assert ("meta", {"http-equiv": "Content-Security-Policy", "content": policy}) in tags
        assert {"script", "link", "iframe", "object", "img", "image", "use"} & {tag for tag, _ in tags} == set()
        asked = [value for _, attributes in tags for key, value in attributes.items() if key in ("src", "href")]
        assert set(asked) <= {"#main"}
        assert not re.search(r"url\(|@import|https?://", page.replace("http://www.w3.org/", ""))


def test_every_picture_has_title_description_and_table(pages: dict[tuple[str, str], str]) -> None:
    for page in pages.values():
        figures = re.findall(r"<figure.*?</figure>", page, flags=re.DOTALL)
        assert page.count("<svg") == sum(figure.count("<svg") for figure in figures)
        for figure in figures:
            assert "<figcaption>" in figure
            assert figure.count("<svg") == figure.count("<title") == figure.count("<desc") >= 1
            table = re.search(r"<details>.*<table.*</details>", figure, flags=re.DOTALL)
            assert table is not None
            assert table.group().count("<tr") > 1


def test_identifiers_are_unique(pages: dict[tuple[str, str], str]) -> None:
    for page in pages.values():
        found = [attributes["id"] for _, attributes in read(page).tags if "id" in attributes]
        assert len(found) == len(set(found))


def test_hostile_names_stay_text(pages: dict[tuple[str, str], str]) -> None:
    for language in ("ja", "en"):
        page = pages["hostile", language]
        tags = read(page).tags
        assert not {"script", "img"} & {tag for tag, _ in tags}
        assert not [key for _, attributes in tags for key in attributes if key.startswith("on")]
        assert "&lt;script&gt;" in page
        assert "\x00" not in page
        assert "\u202e" not in page


def figures_of(report: Report) -> list[str]:
    """Every number that a report says, dates apart: Japanese writes those in another order."""
    tables = [figure.table for figure in report.figures]
    tables += [table for table in (report.ranking and report.ranking.table, report.considered) if table]
    tables += [box.table for box in (report.trial, report.unusual) if box]
    if report.energy is not None:
        tables += [table for table in (report.energy.losses, report.energy.week, report.energy.checks) if table]
    cells = [text for table in tables for row in table.rows for cell in row[1:] for text in (cell.text, cell.small)]
    sentences = [sentence for finding in report.findings for sentence in finding.sentences]
    notes = [figure.note for figure in report.key_figures if figure.note != report.period]
    shown = [*(figure.value for figure in report.key_figures), *notes]
    text = " ".join([report.headline, *report.lead, *cells, *sentences, *shown])
    return sorted(re.findall(r"−?\d[\d,]*(?:\.\d+)?", text))


@pytest.mark.parametrize("name", [name for name in documents.ALL if name not in ("twelve", "hostile")])
def test_both_languages_say_the_same_numbers(name: str) -> None:
    document = Document.parse(documents.ALL[name]())
    japanese, english = (figures_of(build(document, Formats(language), documents.NAMES)) for language in ("ja", "en"))
    # Japanese writes zero as a figure.
    assert set(japanese) | {"0"} == set(english) | {"0"}


@pytest.mark.parametrize("name", ["classification", "regression", "nulls", "whole", "account"])
def test_specifications_are_valid(name: str) -> None:
    report = build(Document.parse(documents.ALL[name]()), Formats("ja"), documents.NAMES)
    for figure in report.figures:
        assert specifications(figure.drawing, validated=True)


def test_charts_name_what_they_grey_out(pages: dict[tuple[str, str], str]) -> None:
    drawn = re.search(r'<figure class="gains">.*?</svg>', pages["classification", "ja"], flags=re.DOTALL)
    assert drawn is not None
    assert "未確認" in drawn.group()
    assert "stroke-dasharray" in drawn.group()


def test_file_name_cannot_leave_the_directory(tmp_path: Path) -> None:
    paths = write(documents.not_enough_data() | {"study": "../../etc/x"}, tmp_path, ("en",))
    assert [path.parent for path in paths] == [tmp_path]
    assert paths[0].exists()


def test_wrong_document_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"^ranking document: schema: Input should be 1 \(got 2\)"):
        write(documents.classification() | {"schema": 2}, tmp_path)


def test_unknown_fields_are_passed_over(tmp_path: Path) -> None:
    assert write(documents.not_enough_data() | {"later": {"a": 1}}, tmp_path, ("ja",))
