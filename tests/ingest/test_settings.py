"""Settings: environment, then file, then default; secrets from files; wrong words named in one line."""

import tomllib
from pathlib import Path

import pytest
import structlog

from ingest import logs
from ingest.errors import SettingsError
from ingest.settings import Log, Settings, load_plant, load_settings
from tests.ingest import settings_page


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of one's own, and no settings from outside."""
    monkeypatch.delenv("GENBA_SETTINGS", raising=False)
    monkeypatch.chdir(tmp_path)


def write(folder: Path, text: str) -> Path:
    file = folder / "genba.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.broker.port == 1883
    assert settings.var == tmp_path / "var"
    assert settings.database.url == f"sqlite:///{tmp_path}/var/genba.db"


def test_environment_before_file_before_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, '[broker]\nhost = "file"\nport = 1\n')
    monkeypatch.setenv("GENBA__BROKER__HOST", "environment")
    broker = load_settings(file).broker
    assert (broker.host, broker.port, broker.keepalive) == ("environment", 1, 30)
    monkeypatch.setenv("GENBA_SETTINGS", str(file))
    assert load_settings().broker.port == 1


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    file = write(tmp_path / "etc", 'plant = "p.toml"\nvar = "/somewhere"\n[broker]\nca_file = "ca.pem"\n')
    settings = load_settings(file)
    assert settings.plant == tmp_path / "etc/p.toml"
    assert settings.var == Path("/somewhere")
    assert settings.broker.ca_file == tmp_path / "etc/ca.pem"


def test_passwords_come_from_files_and_show_nowhere(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("se:cr@et\n", encoding="utf-8")
    text = '[broker]\npassword_file = "p"\n[database]\nurl = "mysql+pymysql://u@h/g"\npassword_file = "p"\n'
    settings = load_settings(write(tmp_path, text))
    assert settings.broker.password is not None
    assert settings.broker.password.get_secret_value() == "se:cr@et"
    assert settings.database.url == "mysql+pymysql://u:se%3Acr%40et@h/g"
    assert "se:cr" not in repr(settings)
    assert "se%3Acr" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[brokre]\n", "unknown key 'brokre'; did you mean 'broker'?"),
        ("[broker]\nhots = 1\n", "unknown key 'broker.hots'; did you mean 'host'?"),
        ("[broker]\nport = 70000\n", "broker.port"),
        ('[broker]\nprotocol = "4"\n', "broker.protocol"),
        ('[database]\nurl = "nonsense"\n', "is not a database URL"),
        ('[broker]\npassword_file = "nowhere"\n', "password file cannot be read"),
        ("[broker\n", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(write(tmp_path, text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load_settings(tmp_path / "nowhere.toml")
    (tmp_path / "latin.toml").write_bytes('plant = "é"'.encode("latin-1"))
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(tmp_path / "latin.toml")
    with pytest.raises(SettingsError, match=r"plant\.toml: no such file"):
        load_plant(load_settings())


def test_an_unknown_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENBA__BROKRE__HOST", "x")
    with pytest.raises(SettingsError, match=r"GENBA__BROKRE__HOST: unknown setting 'brokre'; did you mean 'broker'"):
        load_settings()
    monkeypatch.delenv("GENBA__BROKRE__HOST")
    monkeypatch.setenv("GENBA__BROKER__HOTS", "x")
    with pytest.raises(SettingsError, match="did you mean 'host'"):
        load_settings()


def test_every_setting_is_documented() -> None:
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.page(), "run `make docs`"


def test_every_setting_says_what_it_means() -> None:
    assert "| None |" not in settings_page.page()


def test_the_example_in_the_documentation_can_be_read() -> None:
    text = settings_page.HEAD.split("```toml\n")[1].split("```")[0]
    assert Settings(**tomllib.loads(text)).broker.username == "genba"


def test_no_secret_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Log(format="json"))
    structlog.get_logger("x").info("connecting", url="mysql://u:hidden@h/g", password="hidden", names="京都")
    structlog.get_logger("x").debug("not shown")
    said = capsys.readouterr().err
    structlog.reset_defaults()
    assert "hidden" not in said
    assert "京都" in said
    assert said.count("\n") == 1
