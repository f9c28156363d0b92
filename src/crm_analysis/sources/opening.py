"""The entrance: whatever the user has becomes a :class:`Source`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import ibis
import pandas as pd

from crm_analysis.errors import DataError, DataWarning, nearest
from crm_analysis.schema import TABLES
from crm_analysis.sources import cache as caching
from crm_analysis.sources import whole
from crm_analysis.sources.audit import Audit, make_audit
from crm_analysis.sources.config import Config, Section, Settings
from crm_analysis.sources.connection import read_connection
from crm_analysis.sources.frames import check_names, read_frame
from crm_analysis.sources.inputs import read_inputs
from crm_analysis.sources.load import Notes, connect_settings, load_table
from crm_analysis.sources.places import locate, read_config
from crm_analysis.sources.pseudonyms import hide_names, key_of

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

#: Engines fold nested queries themselves, and sooner than they can be folded here.
ibis.options.sql.fuse_selects = False


@dataclass(frozen=True)
class Source:
    """Canonical tables with the account of how they came about.

    Parameters
    ----------
    tables
        Ibis tables by canonical name: kept rows only, canonical types, declared columns that the data have
        first, extra columns after them.
    settings
        The settings, with the currency found where none was given.
    audit
        What was read, kept, left out and set aside.
    label
        Name for pages: a folder or file name, never an address.
    place
        Where the tables are kept, and what is known of them; None where they are not.
    """

    tables: dict[str, ibis.Table]
    settings: Settings
    audit: Audit
    label: str
    place: Path | None = None


def open_source(
    data: str | Path | Mapping[str, pd.DataFrame] | BaseBackend,
    *,
    cache: str | Path | None = "auto",
    strict: bool = True,
) -> Source:
    """Read what a company has into canonical tables, with an account of every row.

    Parameters
    ----------
    data
        A folder with canonical files or a ``crm.toml``, a ``crm.toml`` anywhere, a mapping of pandas frames
        with canonical names and columns, or an Ibis connection with canonical tables. A relative path is
        tried from the working directory, then from the root of the project.
    cache
        Folder for the tables once read; ``"auto"``: ``.crm_cache`` beside the data, or the folder named by
        ``CRM_ANALYSIS_CACHE``; ``None``: none. Frames and connections are not cached.
    strict
        Whether to stop where rows set aside pass the limit.

    Returns
    -------
    Source
        Tables, settings, audit and label.

    Raises
    ------
    SourceError
        A file or database that cannot be read.
    MappingError
        A ``crm.toml`` that names a heading, value or key which does not exist.
    DataError
        Data that cannot be used: no deals and no sales, two currencies, too many rows set aside.

    Examples
    --------
    >>> import pandas as pd
    >>> deals = pd.DataFrame({"deal_id": ["7", "7"], "status": ["open", "open"]})
    >>> source = open_source({"deals": deals}, strict=False)
    >>> source.audit.rejects[["line", "column", "reason"]].values.tolist()
    [[2, 'deal_id', 'a second row with the same deal_id']]
    """
    if isinstance(data, str | Path):
        source = _open_config(read_config(locate(data)), cache)
    elif isinstance(data, Mapping):
        source = _open_frames(data)
    elif isinstance(data, ibis.BaseBackend):
        source = _open_connection(data)
    else:
        raise DataError(
            f"Data of type {type(data).__name__} cannot be opened.",
            "Allowed are a path, a mapping of pandas frames, or an Ibis connection.",
            'Name a folder, as in load("data/demo").',
        )
    for sentence in source.audit.warnings:
        warnings.warn(sentence, DataWarning, stacklevel=3)
    if strict:
        source.audit.raise_if_over_limit()
    return source


def _open_config(config: Config, cache: str | Path | None) -> Source:
    if cache is None:
        return _load(config)
    store = caching.open_cache(config, cache)
    entry = store.find()
    if entry is None:
        loaded = _load(config)
        entry = store.write(loaded.tables, loaded.settings, loaded.audit)
    return Source(entry.tables, entry.settings, entry.audit, config.label, entry.place)


def _load(config: Config) -> Source:
    con = duckdb.connect()
    backend = ibis.duckdb.from_connection(con)
    connect_settings(con)
    notes = Notes()
    for name in config.unread:
        hint = nearest(Path(name).stem, TABLES)
        notes.warnings.append(f'The file "{name}" is not read: it has no canonical name. {hint}'.rstrip())
    inputs = read_inputs(con, config, notes)
    for name in [name for name in TABLES if name in inputs.raw]:
        where = f"[{name}]" if config.mapped else inputs.origin[name]
        load_table(
            con, backend, name, inputs.raw[name], config.tables[name], config.settings, notes,
            file=inputs.origin[name], where=where,
        )  # fmt: skip
    if config.settings.hide_names:
        hide_names(con, list(inputs.raw), key_of(config.settings))
    return _finish(backend, list(inputs.raw), config.settings, notes, config.label)


def _open_frames(frames: Mapping[str, pd.DataFrame]) -> Source:
    check_names(frames)
    con = duckdb.connect()
    backend = ibis.duckdb.from_connection(con)
    connect_settings(con)
    notes, settings = Notes(), Settings()
    for name in [name for name in TABLES if name in frames]:
        raw = read_frame(con, frames[name], f"raw {name}")
        section = Section(file=name)
        load_table(con, backend, name, raw, section, settings, notes, file="frame", where=f"The frame {name}")
    return _finish(backend, list(frames), settings, notes, "frames")


def _open_connection(backend: BaseBackend) -> Source:
    notes, settings = Notes(), Settings()
    tables = read_connection(backend, settings, notes)
    return _judge_whole(tables, settings, notes, f"{backend.name} database")


def _finish(backend: Any, names: list[str], settings: Settings, notes: Notes, label: str) -> Source:
    backend.con.execute("SET threads = 1")  # sums of floats must not depend on who finishes first
    tables = {name: backend.table(name) for name in TABLES if name in names}
    return _judge_whole(tables, settings, notes, label)


def _judge_whole(tables: dict[str, ibis.Table], settings: Settings, notes: Notes, label: str) -> Source:
    whole.require_money(tables)
    currency = whole.currency_of(tables, settings.currency)
    rejects = pd.concat(notes.rejects) if notes.rejects else ()
    audit = make_audit(
        notes.tables,
        notes.facts,
        rejects,
        whole.dangling(tables),
        [*notes.warnings, *whole.suspicions(tables)],
        settings.reject_limit,
    )
    return Source(tables, settings.model_copy(update={"currency": currency}), audit, label)
