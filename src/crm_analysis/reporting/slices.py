"""What a period can read of the data, hashed a table, and remembered as long as the files stay as they are.

Rows that came after the end of the period are not part of it: November does not touch the reports of October.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_analysis.reporting.keys import hash_of, package
from crm_analysis.sources.fingerprint import cache_folder, fingerprint, remember

if TYPE_CHECKING:
    from datetime import date

    from crm_analysis.sources.config import Config
    from crm_analysis.view import PeriodView

#: Settings that no report depends on; where the data are is told by what is read from there.
_OF_OPERATION = {"root", "database", "hide_names_key", "ready", "notify"}
_REMEMBERED = "slices.json"


@dataclass(frozen=True)
class Slice:
    """What decides the reports of a period on the side of the data.

    Parameters
    ----------
    data
        A hash a table, of the rows known at the end of the period, the columns, and how many were set aside.
    settings
        Settings of the company.
    lacking
        What the data lack for an analysis to be made at all, by stem.
    """

    data: dict[str, str]
    settings: dict[str, Any]
    lacking: dict[str, list[str]]


def slice_of(view: PeriodView) -> Slice:
    """Read what a period rests on: one query a table, in the engine of the data."""
    from crm_analysis.contents import contents
    from crm_analysis.sources.check import lacking

    settings = view.dataset.settings.model_dump(mode="json", exclude=_OF_OPERATION)
    absent = {stem: list(must) for stem, (must, _) in lacking(view.dataset.source).items() if must}
    return Slice({c.table: hash_of(asdict(c)) for c in contents(view)}, settings, absent)


class Memory:
    """Slices of one state of the data, kept beside the tables once read.

    A slice follows from the files, the end of the period and this package; while these stay, the data need
    not be opened to know it. Of a database only reading tells whether it has changed: nothing is remembered.

    Parameters
    ----------
    config
        What to read.
    """

    def __init__(self, config: Config) -> None:
        self._config, self._folder = config, cache_folder(config)
        self._state = fingerprint(config, self._folder)
        self._known = self._read()

    def recall(self, end: date) -> Slice | None:
        """Return the slice known at a day; None where it has to be read."""
        known = self._known.get(end.isoformat())
        return None if known is None else Slice(**known)

    def keep(self, end: date, known: Slice) -> None:
        """Remember the slice known at a day, unless the files were changed while it was read."""
        place = self._folder / self._state
        if not self._state or not place.is_dir() or place.is_symlink():
            return
        if fingerprint(self._config, self._folder) != self._state:
            return
        self._known[end.isoformat()] = asdict(known)
        remember(place / _REMEMBERED, {"package": package(), "slices": self._known})

    def _read(self) -> dict[str, dict[str, Any]]:
        if not self._state:
            return {}
        try:
            content = json.loads(Path(self._folder, self._state, _REMEMBERED).read_text(encoding="utf-8"))
            if content["package"] != package():
                return {}
            return {end: asdict(Slice(**known)) for end, known in content["slices"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}  # read anew
