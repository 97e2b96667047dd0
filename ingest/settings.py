"""Settings: where the broker, the database and the directories are. Environment, then file, then default.

The file is ``genba.toml``, or what ``--settings`` or ``GENBA_SETTINGS`` names. A variable is written
``GENBA__SECTION__KEY``, for example ``GENBA__BROKER__HOST=10.0.0.5``. Every password may stand in a file instead:
``password_file``. Relative paths are relative to the settings file, so that a command works from any directory.
"""

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ingest.errors import SettingsError, nearest
from ingest.plant import Plant
from ingest.strict import explain

__all__ = ["Settings", "load_plant", "load_settings"]

PREFIX = "GENBA__"


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Broker(Section):
    """The MQTT broker."""

    host: str = Field(default="127.0.0.1", description="Host name or address")
    port: int = Field(default=1883, ge=1, le=65535, description="TCP port; 8883 is usual with TLS")
    protocol: Literal["5", "3.1.1"] = Field(default="5", description="MQTT version")
    client_id: str = Field(
        default="genba-gateway", min_length=1, description="Fixed: the broker keeps our session under it"
    )
    username: str | None = Field(default=None, description="User name, if the broker asks for one")
    password: SecretStr | None = Field(default=None, description="Password; better a file")
    password_file: Path | None = Field(default=None, description="File that holds the password")
    tls: bool = Field(default=False, description="Encrypt, and check the broker's certificate")
    ca_file: Path | None = Field(default=None, description="Certificate authority, if not the system's")
    keepalive: int = Field(default=30, ge=5, description="Seconds between signs of life")
    session_expiry: int = Field(default=604800, ge=0, description="Seconds the broker keeps our session (MQTT 5)")
    receive_maximum: int = Field(
        default=2000, ge=1, le=65535, description="Unacknowledged messages the broker may send (MQTT 5)"
    )


class Database(Section):
    """The store."""

    url: str = Field(
        default="sqlite:///var/genba.db",
        repr=False,
        description="SQLAlchemy URL: sqlite:///FILE or mysql+pymysql://user@host/schema",
    )
    password_file: Path | None = Field(default=None, description="File that holds the password")
    pool_size: int = Field(default=5, ge=1, description="Connections kept open")
    connect_timeout: int = Field(default=10, ge=1, description="Seconds to wait for an answer")


class Ingest(Section):
    """The gateway."""

    batch_rows: int = Field(default=2000, ge=1, description="Readings per transaction at most")
    batch_seconds: float = Field(default=0.2, gt=0, description="Seconds a reading waits for company at most")
    queue_messages: int = Field(default=20000, ge=1, description="Messages held in memory at most")
    future_tolerance: float = Field(default=300.0, ge=0, description="Seconds a time stamp may lie ahead of our clock")
    oldest_days: int = Field(default=3650, ge=1, description="Age beyond which a time stamp is not believed")
    drain_seconds: float = Field(default=20.0, gt=0, description="Seconds given to the last batches at a stop")
    metrics_port: int = Field(
        default=0, ge=0, le=65535, description="Port of the Prometheus page on 127.0.0.1; 0: none"
    )


class Schedule(Section):
    """When studies are learnt again. Five cron fields, in the site's time zone."""

    default: str = Field(default="0 5 * * *", description="For studies that have no line of their own")
    studies: dict[str, str] = Field(default={}, description="Cron fields by study")
    misfire_days: int = Field(default=7, ge=0, description="Days after which a missed run is not caught up")
    timeout_minutes: float = Field(default=60.0, gt=0, description="Minutes a study's chain may take")
    lease_seconds: float = Field(default=30.0, ge=1, description="Seconds after which a dead scheduler is replaced")


class Training(Section):
    """For how long models are searched for, and where."""

    time_budget: float = Field(default=60.0, gt=0, description="Seconds to search for a model of one study, at most")
    executor: str = Field(
        default="local",
        pattern=r"^(local|serial|dask://[^\s/]+:\d+)$",
        description="`local`: processes of this machine; `serial`: one study after the other; "
        "`dask://HOST:PORT`: the workers of a Dask cluster, which need these settings, at the same path, too",
    )
    processes: int = Field(default=0, ge=0, description="Processes of `local` at most; 0: one per core")


class Web(Section):
    """The dashboard."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for the whole network")
    port: int = Field(default=8420, ge=0, le=65535, description="Port; 0 takes a free one")
    refresh_seconds: float = Field(default=2.0, gt=0, description="Seconds between looks at the database")


class Log(Section):
    """What the long-running commands say on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least important line shown"
    )
    format: Literal["text", "json"] = Field(default="text", description="For people or for machines")


class Settings(BaseSettings):
    """All settings; frozen once read."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, validate_default=True
    )

    plant: Path = Field(default=Path("plant.toml"), description="The plant file")
    var: Path = Field(default=Path("var"), description="Directory of everything written at run time")
    broker: Broker = Broker()
    database: Database = Database()
    ingest: Ingest = Ingest()
    schedule: Schedule = Schedule()
    training: Training = Training()
    web: Web = Web()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # What the file says arrives as init arguments; the environment stands above it.
        return env_settings, init_settings


def _read_toml(path: Path, example: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file; deploy/{example} is one to begin with") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None


def _secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{path}: the password file cannot be read ({error.strerror})") from None


def _refuse_unknown_variables() -> None:
    for name in os.environ:
        if name.upper().startswith(PREFIX):
            first = name.upper().removeprefix(PREFIX).split("__")[0].lower()
            if first not in Settings.model_fields:
                raise SettingsError(f"{name}: unknown setting {first!r}; {nearest(first, Settings.model_fields)}")


def _anchor(settings: Settings, base: Path) -> Settings:
    """Make relative paths absolute and bring the passwords in from their files."""
    broker, database = settings.broker, settings.database
    if broker.password_file is not None:
        broker = broker.model_copy(update={"password": SecretStr(_secret(base / broker.password_file))})
    if broker.ca_file is not None:
        broker = broker.model_copy(update={"ca_file": base / broker.ca_file})
    try:
        url = make_url(database.url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise SettingsError(
            "database.url is not a database URL (not shown, it may hold a password); "
            "try mysql+pymysql://user@host/genba or sqlite:///var/genba.db"
        ) from None
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        url = url.set(database=str(base / url.database))
    if database.password_file is not None:
        url = url.set(password=_secret(base / database.password_file))
    database = database.model_copy(update={"url": url.render_as_string(hide_password=False)})
    return settings.model_copy(
        update={"plant": base / settings.plant, "var": base / settings.var, "broker": broker, "database": database}
    )


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings.

    ``path``: a file that must exist; without it, ``GENBA_SETTINGS``, else ``genba.toml`` here if there is one.
    Raises `SettingsError` naming the file or variable, the value and the nearest known key.
    """
    named = path or (Path(os.environ["GENBA_SETTINGS"]) if os.environ.get("GENBA_SETTINGS") else None)
    file = named or Path("genba.toml")
    content = _read_toml(file, "genba.example.toml") if named is not None or file.exists() else {}
    _refuse_unknown_variables()
    try:
        settings = Settings(**content)
    except ValidationError as error:
        raise SettingsError(explain(error, Settings, f"{file} or {PREFIX}…")) from None
    return _anchor(settings, file.resolve().parent)


def load_plant(settings: Settings) -> Plant:
    """Read the plant file that the settings name."""
    return Plant.parse(_read_toml(settings.plant, "plant.example.toml"), str(settings.plant))
