"""A page that was published on other data of the same period says so, with the figures of then and now."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from crm_analysis.cards import read_tile, written
from crm_analysis.language import tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crm_analysis.words import Words

#: What the manifest keeps of a restatement: ``to``, and ``figures`` of ``label, main, was, now``.
Restatement = dict[str, Any]


def restate(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]], to: date, words: Words
) -> Restatement:
    """Set the main figures of a report beside those it was published with.

    Parameters
    ----------
    before, after
        Records of tiles, as published and as they are now.
    to
        The last day of the data.
    words
        How figures are written; what is written alike does not differ.
    """
    then = {tile["key"]: tile for tile in before}
    figures = []
    for tile in after:
        was, now = _written(then.get(tile["key"]), words), _written(tile, words)
        if was and was != now:
            figures.append({"label": tile["label"], "main": tile.get("main", False), "was": was, "now": now})
    return {"to": to.isoformat(), "figures": figures}


def banner(restatement: Restatement | None, words: Words) -> tuple[str, ...]:
    """Write what a page says of its restatement; nothing where there was none.

    Examples
    --------
    >>> from crm_analysis.words import Words
    >>> figure = {"label": "Revenue", "main": True, "was": "€1.2 m", "now": "€1.3 m"}
    >>> banner({"to": "2026-11-22", "figures": [figure]}, Words())
    ('Restated with data up to November 22, 2026. Revenue: was €1.2 m, is now €1.3 m.',)
    """
    if restatement is None:
        return ()
    to = words.day(date.fromisoformat(restatement["to"]))
    figure = tr("{label}: was {was}, is now {now}", words.language)
    said = "; ".join(
        figure.format(label=f["label"], was=f["was"], now=f["now"]) for f in restatement["figures"]
    ) or tr("The data of this period were corrected; its main figures are written as before", words.language)
    return (tr("Restated with data up to {day}. {said}.", words.language).format(day=to, said=said),)


def of_all(entries: Iterable[Mapping[str, Any]]) -> Restatement | None:
    """Gather for the summary what was restated in the reports: the figures that open it."""
    found = [entry["restated"] for entry in entries if entry.get("restated")]
    if not found:
        return None
    figures = [figure for one in found for figure in one["figures"] if figure["main"]]
    return {"to": max(one["to"] for one in found), "figures": figures}


def _written(record: Mapping[str, Any] | None, words: Words) -> str:
    if record is None:
        return ""
    tile = read_tile(record)
    return written(tile.value, tile, words)
