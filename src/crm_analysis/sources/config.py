"""What a company says about its data in ``crm.toml``."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime  # noqa: TC003 - pydantic looks them up
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from crm_analysis.errors import MappingError, SourceError, nearest
from crm_analysis.schema import TABLES

#: Texts that mean "nothing entered", whatever their case. ``NA`` is not among them: it is a region.
MISSING = (
    "", "-", "–", "—", "?", "select", "--select--", "unknown", "n/a", "#n/a", "null", "none", "nan", "nat",
    "nil", "undefined", "(blank)", "(empty)", "(none)", "not set", "not specified",
    "не указано", "не указан", "не выбрано", "нет данных",
)  # fmt: skip


#: Columns that tell when a row came to be, of the tables that have such: what ``ready`` may ask for.
MOMENTS = {
    "customers": ("created_at",),
    "deals": ("created_at", "closed_at"),
    "stage_history": ("entered_at",),
    "activities": ("done_at",),
    "sales": ("sold_at",),
    "marketing_costs": ("spent_on",),
    "touches": ("touched_at",),
}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Notify(_Model):
    """The section ``[settings.notify]``: who is told how a run ended.

    Parameters
    ----------
    webhook
        ``env:NAME``: the variable that holds a web address, to which a message is posted as JSON.
    command
        ``env:CRM_NAME``: the variable that holds a program and its arguments, such as ``mail a@b``; it is
        given the message to read, and no shell reads the line. What may run is so decided by who runs the
        command, not by a file beside the data; the name begins with ``CRM_`` for the same reason.
    on
        What is told: ``failed``, ``not_ready``, ``published``.
    pages
        Web address of the folder of reports, for links; without it the message names the file.
    """

    webhook: str = ""
    command: str = ""
    on: tuple[Literal["failed", "not_ready", "published"], ...] = ("failed",)
    pages: str = ""

    @field_validator("webhook")
    @classmethod
    def _names_a_variable(cls, value: str) -> str:
        return variable(value)

    @field_validator("command")
    @classmethod
    def _names_a_variable_of_ours(cls, value: str) -> str:
        if value and not variable(value).startswith("env:CRM_"):
            raise ValueError('write "env:CRM_…", the name of a variable that holds the program to run')
        return value

    @model_validator(mode="after")
    def _somewhere(self) -> Notify:
        if not (self.webhook or self.command):
            raise ValueError('"webhook" or "command" is wanted, or both')
        return self


def variable(value: str) -> str:
    """Check that a setting names a variable; the text is not repeated: by mistake it is a secret."""
    if value and not (value.startswith("env:") and value[4:].isidentifier()):
        raise ValueError('write "env:NAME", the name of a variable that holds it')
    return value


class Settings(_Model):
    """The section ``[settings]`` of a ``crm.toml``; without one, the defaults.

    Parameters
    ----------
    currency
        The reporting currency as three letters; empty: the only one found in ``deals.currency``.
    language
        Language of the pages, ``en`` or ``ru``.
    timezone
        Zone into which times with an offset are brought; times without one are taken as they stand.
    fiscal_year_starts
        Month, 1 to 12.
    abc_limits
        Cumulative shares of revenue at which classes A and B end.
    stages
        Order of the funnel, where there is no table ``stages``.
    reject_limit
        Share of a table's rows set aside past which the run stops.
    missing
        Texts that count as missing; given, they replace the default list.
    database
        ``env:NAME``: the variable that holds the address, never the address.
    root
        Folder the paths start from, relative to the ``crm.toml``.
    hide_names
        Show pseudonyms instead of clients and of people who sell, everywhere.
    hide_names_key
        ``env:NAME``: the variable with the key of the pseudonyms; without one, who has a list of the clients
        can find out which is which.
    ready
        ``{table: days}``: a period is reported only once the newest row of the table lies within so many days
        of the period's last day.
    notify
        Who is told how a run ended.

    Examples
    --------
    >>> Settings(currency="EUR").reject_limit
    0.05
    """

    currency: str = ""
    language: Literal["en", "ru"] = "en"
    timezone: str = "UTC"
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = 1
    abc_limits: tuple[float, float] = (0.80, 0.95)
    stages: tuple[str, ...] = ()
    reject_limit: Annotated[float, Field(ge=0, le=1)] = 0.05
    missing: tuple[str, ...] = MISSING
    database: str = ""
    root: str = ""
    hide_names: bool = False
    hide_names_key: str = ""
    ready: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    notify: Notify | None = None

    @property
    def secrets(self) -> dict[str, str]:
        """What must reach no page, notebook, manifest or log, by the name of the variable that holds it."""
        webhook = self.notify.webhook if self.notify else ""
        names = [text.removeprefix("env:") for text in (self.database, self.hide_names_key, webhook)]
        names += ["PGPASSWORD"] if self.database else []  # where the address leaves the password out
        return {name: os.environ[name] for name in names if os.environ.get(name)}

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables without which the data cannot be read."""
        named = [text.removeprefix("env:") for text in (self.database, self.hide_names_key) if text]
        of_driver = [name for name in os.environ if name.startswith("PG")] if self.database else []
        return (*named, *of_driver)

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        zones = available_timezones()
        if zone not in zones:
            raise ValueError(f'"{zone}" is no time zone. {nearest(zone, zones)}'.rstrip())
        return zone

    @field_validator("abc_limits")
    @classmethod
    def _limits_ascend(cls, limits: tuple[float, float]) -> tuple[float, float]:
        if not 0 < limits[0] < limits[1] < 1:
            raise ValueError("two shares between 0 and 1 are wanted, the smaller first, as [0.80, 0.95]")
        return limits

    @field_validator("database", "hide_names_key")
    @classmethod
    def _names_a_variable(cls, value: str) -> str:
        return variable(value)

    @field_validator("ready")
    @classmethod
    def _tables_have_moments(cls, ready: dict[str, int]) -> dict[str, int]:
        for name in ready:
            if name not in MOMENTS:
                raise ValueError(
                    f'"{name}" is no table with a time; allowed are {", ".join(MOMENTS)}. '
                    + nearest(name, MOMENTS)
                )
        return ready


class FileOptions(_Model):
    """Where a table of the company comes from and how its file is written; blank is found out."""

    file: str | None = None
    table: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    decimal: Literal[".", ","] | None = None
    thousands: str | None = None
    date_format: str | None = None

    # a tab is a delimiter, not white space to strip
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)

    @model_validator(mode="after")
    def _one_origin(self) -> FileOptions:
        given = [name for name in ("file", "table", "sql") if getattr(self, name, None)]
        if len(given) != 1:
            wanted = '"file", "table" and "sql"' if isinstance(self, Section) else '"file" and "table"'
            raise ValueError(f"exactly one of {wanted} is wanted, {len(given)} are given")
        return self


class Section(FileOptions):
    """A section of ``crm.toml``: how one canonical table is made."""

    sql: str | None = None
    where: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    expressions: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str | bool | int | float | datetime | date] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _each_column_once(self) -> Section:
        seen: set[str] = set()
        for name in (*self.columns, *self.expressions, *self.constants):
            if name.casefold() in seen:
                raise ValueError(f'"{name}" is given twice among columns, expressions and constants')
            seen.add(name.casefold())
        return self


@dataclass(frozen=True)
class Config:
    """All that is said about one set of data."""

    label: str
    base: Path
    home: Path
    mapped: bool
    settings: Settings = field(default_factory=Settings)
    sources: dict[str, FileOptions] = field(default_factory=dict)
    tables: dict[str, Section] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    text: bytes = b""

    def path(self, file: str) -> Path:
        """Return the place of a file that the configuration names.

        Raises
        ------
        SourceError
            By its name it lies beside the configuration, but it is a link to somewhere else.
        """
        path, home = Path(os.path.normpath(self.base / file)), self.home.resolve()
        if path.is_relative_to(home) and not path.resolve().is_relative_to(home):
            raise SourceError(
                f'"{file}" is a link that leads out of "{home.name}".',
                "What lies in the folder of the data, or what crm.toml names by its own place, is read.",
                "Put the file itself there, or write its place into crm.toml.",
            )
        return path


def read_toml(path: Path) -> Config:
    """Read a ``crm.toml``; what it names wrongly is an error with the nearest match."""
    text = path.read_bytes()
    try:
        document = tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise MappingError(f"{path.name} is not UTF-8.", "", "Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise MappingError(
            f"{path.name} cannot be read: {error}.",
            'TOML wants key = "text" and [sections].',
            "Correct that line.",
        ) from None
    settings = _validated(Settings, document.pop("settings", {}), f"{path.name}, [settings]")
    sources = {
        name: _validated(
            FileOptions, {"file": spec} if isinstance(spec, str) else spec, f"{path.name}, [sources] {name}"
        )
        for name, spec in document.pop("sources", {}).items()
    }
    for name in document:
        if name not in TABLES:
            known = ["settings", "sources", *TABLES]
            raise MappingError(
                f'{path.name} has "{name}", which is no canonical table.',
                f"Allowed are {', '.join(known)}.",
                nearest(name, known),
            )
    tables = {
        name: _validated(Section, document[name], f"{path.name}, [{name}]")
        for name in TABLES
        if name in document
    }
    if not tables:
        raise MappingError(
            f"{path.name} maps no table.",
            f"Allowed are the sections {', '.join(TABLES)}.",
            'Write at least [deals] or [sales] with file = "…".',
        )
    label = path.parent.name if path.name == "crm.toml" else path.stem
    return Config(label, path.parent / settings.root, path.parent, True, settings, sources, tables, text=text)


ModelT = TypeVar("ModelT", bound=BaseModel)


def _validated(model: type[ModelT], given: Any, where: str) -> ModelT:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise MappingError(
                f'{where} has the key "{key}", which does not exist.',
                f"Allowed are {', '.join(model.model_fields)}.",
                nearest(key, model.model_fields),
            ) from None
        reason = first["msg"].removeprefix("Value error, ")
        raise MappingError(
            f"{where}{', ' + key if key else ''}: {reason}.".replace("..", "."),
            "",
            "Correct that entry.",
        ) from None
