"""What each owner has in work, has won, and would win if everybody were given the same deals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from ibis import _

from crm_analysis.analyses._deals.bridge import knows_amounts
from crm_analysis.analyses._deals.pipeline import total
from crm_analysis.analyses._deals.stages import instant, today
from crm_analysis.analyses._lines import NOT_STATED, fetch, lines_to_date, money, stated
from crm_analysis.language import msg
from crm_analysis.stats.adjusted_rates import adjusted_rates
from crm_analysis.stats.multiplicity import adjust

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView

OWNERS = [
    "owner", "open_deals", "open_amount", "stalled", "won", "won_amount", "lost", "closed", "win_rate", "low",
    "high", "raw_rate", "expected_rate", "p_value", "p_adjusted", "strength", "compared", "contacts",
    "overdue", "revenue", "share_of_revenue",
]  # fmt: skip
_COUNTS = ("open_deals", "stalled", "won", "lost", "closed", "contacts", "overdue")
#: A rate of fewer decided deals is not compared with that of the team.
FEWEST_CLOSED = 10
#: Levels of a covariate with fewer deals than this are put together.
_FEWEST_OF_LEVEL = 15
_REST = "(others)"
ABOVE, BELOW, ALIKE, FEW = (
    msg("above the team"), msg("below the team"), msg("not told apart"), msg("too few deals"),
)  # fmt: skip


def owner_table(view: PeriodView, deals: pd.DataFrame, months: int) -> pd.DataFrame:
    """Return ``OWNERS``, a row an owner, most won money first.

    Parameters
    ----------
    view
        The view.
    deals
        The open deals, as :func:`crm_analysis.analyses._deals.rows.deal_rows` returns them.
    months
        Over how many months to the end the win rate is taken.
    """
    if not view.has("deals", "owner"):
        nobody = _frame(pd.DataFrame({"owner": pd.Series(dtype="str")}), amounts=False)
        return nobody.astype({"contacts": "float64"})
    parts = [_open(deals), _closed(view), _rates(view, months), _contacts(view), _revenue(view)]
    table = pd.concat([part.set_index("owner") for part in parts], axis=1).reset_index(names="owner")
    framed = _frame(table, amounts=knows_amounts(view))
    # no contact recorded at all is not the same as none made
    recorded = view.has("activities", "done_at")
    return framed.assign(contacts=framed["contacts"].astype("float64") if recorded else np.nan)


def _frame(table: pd.DataFrame, *, amounts: bool) -> pd.DataFrame:
    table = table.reindex(columns=OWNERS)
    table[[*_COUNTS]] = table[[*_COUNTS]].fillna(0).astype("int64")
    if amounts:
        table[["open_amount", "won_amount"]] = (
            table[["open_amount", "won_amount"]].astype("float64").fillna(0.0)
        )
    else:
        table[["open_amount", "won_amount"]] = np.nan
    table["compared"] = table["compared"].fillna(FEW)
    table["strength"] = table["strength"].fillna("")
    texts = ("owner", "compared", "strength")
    figures = [name for name in OWNERS if name not in (*_COUNTS, *texts)]
    table = table.astype({**dict.fromkeys(texts, "str"), **dict.fromkeys(figures, "float64")})
    order = table.assign(
        first=-table["won_amount"].fillna(0.0), second=-table["won"], third=-table["open_deals"]
    )
    order = order.sort_values(["first", "second", "third", "owner"], kind="stable", ignore_index=True)
    return order[OWNERS]


def _open(deals: pd.DataFrame) -> pd.DataFrame:
    groups = deals.groupby("owner", sort=True)
    table = groups.agg(
        open_deals=("deal_id", "size"), open_amount=("amount", total), stalled=("stalled", "sum"),
        overdue=("overdue", "sum"),
    )  # fmt: skip
    return table.reset_index()


def _closed(view: PeriodView) -> pd.DataFrame:
    closed = view.closed
    amount = closed.amount if "amount" in closed.columns else ibis.null("float64")
    closed = closed.mutate(owner=stated(closed.owner), worth=amount.cast("float64"))
    groups = closed.group_by("owner").agg(
        won=(_.status == "won").sum(),
        lost=(_.status == "lost").sum(),
        won_amount=money(closed.worth, closed.status == "won").fill_null(0.0),
    )
    return fetch(groups, "owner")


def decided_deals(view: PeriodView, months: int) -> pd.DataFrame:
    """Return the deals decided in so many months to the end, with what they differ in.

    Returns
    -------
    pandas.DataFrame
        ``deal_id, owner, won, customer_id``, and of ``size, channel, category, known`` those the data hold;
        ``known``: whether the client had bought before the deal was created.
    """
    first = (pd.Timestamp(today(view)) - pd.DateOffset(months=months)).date()
    rows = view.outcomes.filter(_.status != "open", _.closed_at >= instant(first))
    chosen = {"deal_id": rows.deal_id, "owner": stated(rows.owner), "won": rows.status == "won"}
    kept = [name for name in ("customer_id", "channel", "product", "created_at") if name in rows.columns]
    rows = rows.select(**chosen, **{name: rows[name] for name in kept})
    names = ["deal_id", "owner", "won", *(["customer_id"] if "customer_id" in kept else [])]
    names += [name for name in ("channel",) if name in kept]
    for table, key, column in (("customers", "customer_id", "size"), ("products", "product", "category")):
        if key in kept and view.has(table, column):
            found = view.dataset.table(table).select(found_id=key, **{column: column})
            rows = rows.left_join(found, rows[key] == found.found_id).drop("found_id")
            names.append(column)
    if "customer_id" in kept:
        lines = lines_to_date(view)
        first_bought = lines.filter(lines.bought, lines.customer_id.notnull())
        first_bought = first_bought.group_by(found_id="customer_id").agg(first=_.sold_at.min())
        rows = rows.left_join(first_bought, rows.customer_id == first_bought.found_id)
        rows = rows.mutate(known=(rows["first"] < rows.created_at).fill_null(False))
        names.append("known")
    return fetch(rows.select(*names), "deal_id")


def _rates(view: PeriodView, months: int) -> pd.DataFrame:
    """Return each owner's win rate, adjusted for the deals the owner was given."""
    deals = decided_deals(view, months)
    mix = deals[[name for name in ("size", "channel", "category", "known") if name in deals.columns]]
    mix = mix.apply(_levels)
    cluster = None
    if "customer_id" in deals.columns:
        # a deal without a client stands for itself
        cluster = deals["customer_id"].fillna("deal " + deals["deal_id"]).astype("str")
    done = adjusted_rates(deals["owner"], deals["won"], mix, cluster=cluster).table
    enough = (done["cases"] >= FEWEST_CLOSED) & (done["group"] != NOT_STATED)
    done["p_value"] = done["p_value"].where(enough)
    tests = adjust(done["p_value"].to_numpy(dtype=float))
    above = np.where(done["rate"] > done["rate"].mean(), ABOVE, BELOW)
    compared = np.where(tests["found"], above, ALIKE)
    return pd.DataFrame(
        {
            "owner": done["group"],
            "closed": done["cases"],
            "win_rate": done["rate"],
            "low": done["low"],
            "high": done["high"],
            "raw_rate": done["raw"],
            "expected_rate": done["expected"],
            "p_value": done["p_value"],
            "p_adjusted": tests["p_adjusted"].to_numpy(dtype=float),
            "strength": tests["strength"].to_numpy(),
            "compared": np.where(done["p_value"].isna(), FEW, compared),
        }
    )


def _levels(values: pd.Series) -> pd.Series:
    """Write the levels of a covariate, rare ones together."""
    text = values.astype("str").fillna(NOT_STATED)
    rare = text.map(text.value_counts()) < _FEWEST_OF_LEVEL
    return text.where(~rare, _REST)


def _contacts(view: PeriodView) -> pd.DataFrame:
    """Count the contacts done in the period by who did them."""
    if not view.has("activities", "done_at"):
        return pd.DataFrame({"owner": pd.Series(dtype="str"), "contacts": pd.Series(dtype="float64")})
    acts = with_owner(view).filter(_.done_at >= instant(view.period.start))
    return fetch(acts.group_by("owner").agg(contacts=_.count()), "owner")


def with_owner(view: PeriodView) -> ibis.Table:
    """Return the activities with ``owner``: who did it, else the owner of its deal."""
    acts = view.activities
    if view.has("activities", "deal_id") and view.has("deals", "owner"):
        deals = view.outcomes.select(found_id="deal_id", deal_owner="owner")
        acts = acts.left_join(deals, acts.deal_id == deals.found_id).drop("found_id")
        own = acts.owner if "owner" in acts.columns else ibis.null("string")
        return acts.mutate(owner=stated(own.coalesce(acts.deal_owner))).drop("deal_owner")
    return acts.mutate(owner=stated(acts.owner) if "owner" in acts.columns else ibis.literal(NOT_STATED))


def _revenue(view: PeriodView) -> pd.DataFrame:
    """Return each owner's revenue of the period, and its share of all of it."""
    empty = pd.DataFrame({"owner": pd.Series(dtype="str"), "revenue": [], "share_of_revenue": []})
    lines = view.sales
    if "owner" not in lines.columns or not view.has_amounts:
        return empty
    groups = lines.group_by(owner=stated(lines.owner)).agg(revenue=money(lines.amount).fill_null(0.0))
    table = fetch(groups, "owner")
    whole = float(table["revenue"].sum())
    return table.assign(share_of_revenue=table["revenue"] / whole if whole > 0 else np.nan)
