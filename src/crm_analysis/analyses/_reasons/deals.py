"""The decided deals with their reasons, and the department that each reason belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from crm_analysis.analyses._deals.stages import position, stage_order
from crm_analysis.analyses._lines import NOT_STATED, fetch, stated
from crm_analysis.analyses._reasons.windows import Windows, choose_windows, within
from crm_analysis.language import msg

if TYPE_CHECKING:
    from crm_analysis.analyses._abc.purchases import Span
    from crm_analysis.view import PeriodView

#: Written where the table of reasons names no department.
NO_DEPARTMENT = msg("(no department)")

#: Dimension: where it stands among the tables, the first that the data hold.
DIMENSIONS = {
    "owner": (("deals", "deal_id", "owner"),),
    "product": (("deals", "deal_id", "product"),),
    "category": (("products", "product", "category"),),
    "industry": (("customers", "customer_id", "industry"),),
    "size": (("customers", "customer_id", "size"),),
    "region": (("customers", "customer_id", "region"), ("owners", "owner", "region")),
    "channel": (("deals", "deal_id", "channel"), ("customers", "customer_id", "channel")),
}
#: A reason that names none, by itself or with a word more ("Other reason").
_OTHER = {
    *("other", "others", "misc", "miscellaneous", "various", "something else"),
    *("другое", "прочее", "прочие", "иное", "другая", "другие", "разное"),
}


@dataclass(frozen=True)
class Deals:
    """The deals decided in any of the spans.

    Parameters
    ----------
    frame
        A row a deal, by ``deal_id``: ``customer_id``, ``status``, ``closed_at``, ``reason`` of the outcome
        (:data:`NOT_STATED` where blank), ``department`` of that reason, ``amount``, ``stage`` before the
        decision, and the dimensions the data hold.
    windows
        The spans.
    stages
        The stages from first to last; empty where no order is known.
    has_amounts
        Whether any lost deal has an amount.
    held
        Which reasons the data have a column for: "loss", "win".
    departments
        ``{(reason, kind): department}`` as the table of reasons says; empty without one.
    misplaced
        How many deals won by the end carry a reason of losing, by reason. When the reason of an open deal was
        entered nobody knows, so a view does not show it.
    """

    frame: pd.DataFrame
    windows: Windows
    stages: tuple[str, ...]
    has_amounts: bool
    held: frozenset[str]
    departments: dict[tuple[str, str], str]
    misplaced: dict[str, int]

    def of(self, kind: str, span: Span | None) -> pd.DataFrame:
        """Return the deals lost (``kind`` "loss") or won ("win") in a span; none where there is no span."""
        frame = self.frame[self.frame["status"] == ("lost" if kind == "loss" else "won")]
        return frame.iloc[:0] if span is None else frame[within(frame["closed_at"], span)]


def is_other(reason: str) -> bool:
    """Say whether a reason is "other" in some words.

    Examples
    --------
    >>> is_other("Other"), is_other("Other reasons"), is_other("Another supplier")
    (True, True, False)
    """
    words = reason.casefold().strip(" .:!()").removesuffix("reasons").removesuffix("reason").strip()
    return words in _OTHER


def read_deals(view: PeriodView) -> Deals:
    """Read the decided deals of all spans, in one query."""
    decided = view.deals.filter(_.status.isin(["won", "lost"]) & _.closed_at.notnull())
    first = decided.closed_at.min().to_pandas()
    windows = choose_windows(view, None if pd.isna(first) else pd.Timestamp(first))
    recent = decided.filter(_.closed_at >= ibis.timestamp(f"{windows.first_day:%Y-%m-%d %H:%M:%S}"))
    stages = stage_order(view)
    frame = fetch(_columns(view, recent, stages), "deal_id")
    frame["closed_at"] = pd.to_datetime(frame["closed_at"])
    frame["amount"] = frame["amount"].astype("float64")
    departments = _departments(view)
    kinds = frame["status"].map({"lost": "loss", "won": "win"})
    frame["department"] = [
        NOT_STATED if reason == NOT_STATED else departments.get((reason, kind), NO_DEPARTMENT)
        for reason, kind in zip(frame["reason"], kinds, strict=True)
    ]
    frame = frame.drop(columns=[name for name in DIMENSIONS if name in frame and _blank(frame[name])])
    return Deals(
        frame=frame,
        windows=windows,
        stages=stages,
        has_amounts=bool(frame.loc[frame["status"] == "lost", "amount"].notna().any()),
        held=frozenset(kind for kind in ("loss", "win") if view.has("deals", f"{kind}_reason")),
        departments=departments,
        misplaced=_misplaced(view),
    )


def _columns(view: PeriodView, deals: ibis.Table, stages: tuple[str, ...]) -> ibis.Table:
    """Choose the columns, looking up what stands in other tables."""
    blank = ibis.null("string")
    reasons = {kind: deals[name] if (name := f"{kind}_reason") in deals.columns else blank
               for kind in ("loss", "win")}  # fmt: skip
    chosen = {
        "deal_id": deals.deal_id,
        "customer_id": deals.customer_id if "customer_id" in deals.columns else blank,
        "status": deals.status,
        "closed_at": deals.closed_at,
        "reason": stated((deals.status == "lost").ifelse(reasons["loss"], reasons["win"])),
        "amount": deals.amount if "amount" in deals.columns else ibis.null("float64"),
    }
    table = deals.mutate(**chosen)
    kept = list(chosen)
    for name, places in DIMENSIONS.items():
        for source, key, column in places:
            if not view.has(source, column) or key not in table.columns:
                continue
            if source != "deals":
                found = view.dataset.table(source).select(found_key=key, found_value=column)
                table = table.left_join(found, table[key] == found.found_key)
                table = table.mutate(**{name: table.found_value}).drop("found_key", "found_value")
            table = table.mutate(**{name: stated(table[name])})
            kept.append(name)
            break
    return _with_stage(view, table, stages).select(*kept, "stage")


def _with_stage(view: PeriodView, deals: ibis.Table, stages: tuple[str, ...]) -> ibis.Table:
    """Put the last stage of the funnel before the decision in place of the stage; "Lost" is no stage."""
    stage = deals.stage if "stage" in deals.columns else ibis.null("string")
    if not stages:
        return deals.mutate(stage=stated(stage))
    known = stage.isin(stages).ifelse(stage, ibis.null("string"))
    deals = deals.mutate(stage=known)
    if not view.has("stage_history"):
        return deals.mutate(stage=stated(deals.stage))
    entered = view.stage_history.filter(_.stage.isin(stages))
    entered = entered.mutate(place=position(entered.stage, stages))
    order = [ibis.desc("entered_at"), ibis.desc("place")]
    last = (
        entered.mutate(turn=ibis.row_number().over(group_by="deal_id", order_by=order))
        .filter(_.turn == 0)
        .select(entered_id="deal_id", last_stage="stage")
    )
    joined = deals.left_join(last, deals.deal_id == last.entered_id)
    return joined.mutate(stage=stated(joined.last_stage.coalesce(joined.stage)))


def _departments(view: PeriodView) -> dict[tuple[str, str], str]:
    if not view.has("reasons", "department"):
        return {}
    table = view.dataset.table("reasons")
    kind = table.kind if "kind" in table.columns else ibis.null("string")
    frame = fetch(
        table.select(reason=table.reason.strip(), kind=kind.fill_null(""), department=table.department),
        "reason", "kind",
    )  # fmt: skip
    found = {}
    for row in frame.itertuples():
        if isinstance(row.department, str) and row.department.strip():
            for each in [row.kind] if row.kind else ["loss", "win"]:
                found[(str(row.reason), str(each))] = row.department.strip()
    return found


def _misplaced(view: PeriodView) -> dict[str, int]:
    if not view.has("deals", "loss_reason"):
        return {}
    deals = view.deals.filter((_.status != "lost") & _.loss_reason.notnull())
    counts = fetch(deals.group_by(reason=stated(deals.loss_reason)).agg(deals=_.count()), "reason")
    known = counts[counts["reason"] != NOT_STATED]
    return dict(zip(known["reason"], known["deals"].astype(int), strict=True))


def _blank(values: pd.Series) -> bool:
    return bool((values == NOT_STATED).all())
