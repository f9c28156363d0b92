"""The main figures of the analysis of customers, for the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_analysis.analyses._abc.change import FEWEST_FOR_A_FIFTH
from crm_analysis.analyses._saying import records, relative
from crm_analysis.language import tr
from crm_analysis.stats.intervals import wilson
from crm_analysis.tiles import Tile

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.analyses._abc.parts import Parts
    from crm_analysis.findings import Verdict


def tiles(parts: Parts) -> tuple[Tile, ...]:
    """Return the main figures of the summary."""
    if parts.customers.empty:
        return ()
    said = parts.tests.set_index("test")["verdict"]
    totals = records(parts.totals, "span")
    now, before = totals["window"], totals.get("window before")
    a_now = int((parts.customers["abc"] == "A").sum())
    a_before = int((parts.customers["previous_abc"] == "A").sum()) if before is not None else 0
    course, made = parts.course, [_buyers(totals, parts.monthly, said["buyers"])]
    active_before = None if before is None else float(before["customers"])
    made.append(
        # the period of the report is mostly a part of the window, so the label says how long that is
        Tile("active_customers", tr("Customers with an order, {window}").format(window=parts.length),
             float(now["customers"]), "count", relative(float(now["customers"]), active_before),
             series=tuple(course.active), against=parts.window_before)
    )  # fmt: skip
    made.append(
        Tile("a_customers", tr("A customers"), float(a_now), "count", relative(float(a_now), float(a_before)),
             series=tuple(course.a_clients), against=parts.window_before)
    )  # fmt: skip
    if int((parts.customers["revenue"] > 0).sum()) >= FEWEST_FOR_A_FIFTH:
        top = records(parts.concentration, "measure")["top_20"]
        made.append(
            Tile("top_20", tr("Share of the top 20% of customers"), float(top["value"]), "share",
                 relative(top["value"], top["previous"]), said["concentration"], top["low"], top["high"],
                 tuple(course.top_20), "change", parts.window_before)
        )  # fmt: skip
    stayed, had = parts.followed.again
    if had:
        share = wilson(stayed, had)
        earlier = parts.followed.again_before
        change = relative(share.estimate, earlier[0] / earlier[1]) if earlier and earlier[1] else None
        made.append(
            Tile("retained", tr("Customers who bought again"), share.estimate, "share", change,
                 said["retention"], share.low, share.high, tuple(course.retained), "change",
                 tr("the {months} months before").format(months=parts.followed.months), main=True)
        )  # fmt: skip
    if parts.with_rhythm:
        made.append(
            Tile(
                "overdue_money",
                tr("At stake with overdue customers"),
                float(parts.due["money_at_stake"].sum()),
                "money",
            )
        )
    return tuple(made)


def _buyers(totals: dict[str, dict[str, Any]], monthly: pd.DataFrame, said: Verdict) -> Tile:
    """Return who bought in the period, with the course of the months that the verdict is on."""
    now, before = totals["period"], totals.get("comparison")
    compared = None if before is None else float(before["customers"])
    bought = float(now["customers"])
    course = monthly.loc[~monthly["partial"], "customers"]
    return Tile(
        "customers", tr("Customers who bought"), bought, "count", relative(bought, compared), said,
        series=tuple(map(float, course)), main=True,
    )  # fmt: skip
