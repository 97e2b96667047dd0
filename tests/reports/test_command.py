"""``genba report`` and what the scheduler calls."""

from pathlib import Path

import orjson
import pytest
import typer
from typer.testing import CliRunner

from ingest.errors import StudyError
from ingest.plant import Plant
from ingest.settings import Settings
from reports.command import register
from reports.jobs import plant_names, write_reports
from tests.reports import documents

PLANT = Plant.parse(
    {
        "site": {"id": "alps", "name": "Alps", "time_zone": "Asia/Tokyo", "languages": ["ja"]},
        "lines": {
            "filling": {
                "machines": {
                    "cooler": {
                        "signals": {"cooling_temp": {"name": {"en": "Cooling temperature", "ja": "冷却温度"}}, "x": {}}
                    }
                }
            }
        },
        "studies": {
            "leaking_caps": {
                "line": "filling",
                "task": "classification",
                "target": "verdict",
                "title": {"en": "Leaking caps", "ja": "キャップ漏れ"},
            }
        },
    }
)


def app() -> typer.Typer:
    made = typer.Typer()
    made.callback()(lambda: None)
    register(made)
    return made


def test_writes_the_languages_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "ranking.json"
    file.write_bytes(orjson.dumps(documents.not_enough_data()))
    out = tmp_path / "deep" / "out"
    result = CliRunner().invoke(app(), ["report", str(file), "--out", str(out), "--language", "ja"])
    assert result.exit_code == 0, result.output
    assert [path.name for path in out.iterdir()] == ["leaking_caps.ja.html"]
    assert result.output.strip() == str(out / "leaking_caps.ja.html")


@pytest.mark.parametrize(
    ("content", "said"), [(None, "no such file"), (b"{", "not JSON"), (b"[1]", "not a ranking document")]
)
def test_wrong_file_is_one_line(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "ranking.json"
    if content is not None:
        file.write_bytes(content)
    result = CliRunner().invoke(app(), ["report", str(file), "--out", str(tmp_path)])
    assert isinstance(result.exception, StudyError)
    assert said in str(result.exception)
    assert str(file) in str(result.exception)
    assert "\n" not in str(result.exception)


def test_plant_gives_names() -> None:
    names = plant_names(PLANT, "leaking_caps")
    assert names["cooling_temp"] == {"en": "Cooling temperature", "ja": "冷却温度"}
    assert names["cooling_temp__std"] == {"en": "Cooling temperature, spread", "ja": "冷却温度（ばらつき）"}
    assert names["leaking_caps"]["ja"] == "キャップ漏れ"
    assert names["group_key"] == {"en": "lot", "ja": "ロット"}
    assert "x" not in names


def test_scheduled_reports_use_the_sites_languages(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    document = documents.not_enough_data() | {"bad": "bad"}
    [path] = write_reports(settings, PLANT, "leaking_caps", document)
    assert path == tmp_path / "reports" / "leaking_caps.ja.html"
    page = path.read_text(encoding="utf-8")
    assert "キャップ漏れ" in page
    assert "「検査判定」が 不良 になる要因は何か" in page
    assert "Asia/Tokyo" in page
