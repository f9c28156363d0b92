"""Channels whose names differ in case, blanks or punctuation only: money would miss what it brought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from crm_analysis.analyses._lines import NOT_STATED, fetch, stated
from crm_analysis.analyses._saying import joined
from crm_analysis.language import msg, tr
from crm_analysis.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_analysis.view import PeriodView

TABLES = ("marketing_costs", "deals", "sales", "customers", "touches")
_CALLED = {
    "marketing_costs": msg("marketing costs"),
    "deals": msg("deals"),
    "sales": msg("sales"),
    "customers": msg("customers"),
    "touches": msg("touches"),
}
#: So many are told of; the others come to light once these are mended.
_MOST = 3


def spelled_apart(view: PeriodView, among: Sequence[str] = TABLES) -> list[str]:
    """Say which names of channels are probably one, and in which tables each stands.

    Only letters and digits are compared, without case, so "Search Ads", "search-ads" and "search  ads" are
    one; blanks around a name never tell channels apart. Nothing is merged: that is for ``crm.toml``.
    """
    held = [name for name in among if view.has(name, "channel")]
    if not held:
        return []
    parts = [_names(view, name) for name in held]
    names = ibis.union(*parts, distinct=True) if len(parts) > 1 else parts[0].distinct()
    frame = fetch(names, "channel", "place")
    frame = frame[frame["channel"] != NOT_STATED]
    tables = {
        str(name): [tr(_CALLED[table]) for table in held if table in set(part["place"])]
        for name, part in frame.groupby("channel", sort=True)
    }
    alike: dict[str, list[str]] = {}
    for name in tables:
        alike.setdefault("".join(filter(str.isalnum, name.casefold())) or name, []).append(name)
    several = [names for names in alike.values() if len(names) > 1][:_MOST]
    words = view.context.words
    listed = [
        joined(
            [
                tr("“{name}” ({tables})").format(name=words.name(name), tables=joined(tables[name]))
                for name in names
            ]
        )
        for names in several
    ]
    return [sentence("marketing_impact", "left.spelled", names=names) for names in listed]


def _names(view: PeriodView, name: str) -> ibis.Table:
    # the stage of a deal, which a database has to look up, does not matter here
    rows = view.outcomes if name == "deals" else view.table(name)
    return rows.select(channel=stated(rows.channel), place=ibis.literal(name))
