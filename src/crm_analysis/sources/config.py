"""What a company says about its data in ``crm.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime  # noqa: TC003 - pydantic looks them up
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from crm_analysis.errors import MappingError, nearest
from crm_analysis.schema import TABLES

if TYPE_CHECKING:
    from pathlib import Path

#: Texts that mean "nothing entered", whatever their case. ``NA`` is not among them: it is a region.
MISSING = (
    "", "-", "–", "—", "?", "select", "--select--", "unknown", "n/a", "#n/a", "null", "none", "nan", "nat",
    "nil", "undefined", "(blank)", "(empty)", "(none)", "not set", "not specified",
    "не указано", "не указан", "не выбрано", "нет данных",
)  # fmt: skip


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


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

    @field_validator("database")
    @classmethod
    def _names_a_variable(cls, value: str) -> str:
        # The text is not repeated: what stands here by mistake is an address with a password.
        if value and not (value.startswith("env:") and value[4:].isidentifier()):
            raise ValueError('write database = "env:NAME", the name of a variable that holds the address')
        return value


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
        """Return the place of a file that the configuration names."""
        return self.base / file


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
