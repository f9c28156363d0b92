"""The rows behind a figure: deals, order lines, customers, … as they stood at the end of the period."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.conditions import NOT_STATED, ends_of, names_of, span_of, stated
from crm_analysis.contents import known_rows
from crm_analysis.errors import DataWarning, MissingTableError, ParameterError, listed, nearest
from crm_analysis.language import msg, tr
from crm_analysis.schema import TABLES
from crm_analysis.told import Told

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView

#: So many rows are fetched where nobody says how many.
LIMIT = 1000
#: Ids like one that does not occur are looked for among so many.
_NEAR = 1000


@dataclass(frozen=True)
class _Set:
    """A set of rows: what it is called, of which table it is, and the column that it is ordered by.

    What happened comes newest first: a minus stands before the column.
    """

    label: str
    table: str
    by: str = ""


#: Named as the sets of a view.
SETS: dict[str, _Set] = {
    "deals": _Set(msg("Deals known at the end"), "deals", "-created_at"),
    "created": _Set(msg("Deals created in the period"), "deals", "-created_at"),
    "closed": _Set(msg("Deals won or lost in the period"), "deals", "-closed_at"),
    "won": _Set(msg("Deals won in the period"), "deals", "-closed_at"),
    "lost": _Set(msg("Deals lost in the period"), "deals", "-closed_at"),
    "open_at_end": _Set(msg("Deals open at the end"), "deals", "-created_at"),
    "sales": _Set(msg("Order lines of the period"), "sales", "-sold_at"),
    "sales_to_date": _Set(msg("Order lines up to the end"), "sales", "-sold_at"),
    "customers": _Set(msg("Customers known at the end"), "customers", "-created_at"),
    "activities": _Set(msg("Contacts done or planned"), "activities", "-done_at"),
    "stage_history": _Set(msg("Stages entered"), "stage_history", "-entered_at"),
    "touches": _Set(msg("Marketing contacts"), "touches", "-touched_at"),
    "marketing_costs": _Set(msg("Marketing expenses"), "marketing_costs", "-spent_on"),
    "owners": _Set(msg("Owners"), "owners"),
    "products": _Set(msg("Products"), "products"),
    "stages": _Set(msg("Stages of the funnel"), "stages", "position"),
    "targets": _Set(msg("Plan figures"), "targets", "-period"),
    "reasons": _Set(msg("Reasons and departments"), "reasons"),
}
#: Where a column is found that the rows lack: the table, and the key by which they name its rows.
_THROUGH = (("customers", "customer_id"), ("products", "product"), ("owners", "owner"), ("deals", "deal_id"))
_TEXT, _CUSTOMER = "text", "customer"


def rows(view: PeriodView, what: str, limit: int | None, conditions: dict[str, Any]) -> Told:
    """Fetch rows of a view; see :meth:`crm_analysis.view.PeriodView.rows`."""
    chosen = _set(view, what)
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise ParameterError(
            f"limit is {limit!r}.", "A whole number of rows, 1 or more; None gives all.", "Leave it out."
        )
    # what is asked of many rows is answered in the engine; the frame holds what is left
    found = _with_customer(view, _table(view, what))
    for name, value in conditions.items():
        found = found.filter(_met(view, chosen, found, name, value))
    count = int(found.count().to_pandas())
    ordered = found.order_by(_order(chosen, found))
    frame = (ordered if limit is None else ordered.limit(limit)).to_pandas()
    return Told.of(frame, _told(view, chosen, conditions, count, len(frame)))


def _order(chosen: _Set, found: ibis.Table) -> list[ibis.Value]:
    """Order by the moment, then by key, then by all else: equal input gives equal rows, also where cut."""
    moment = chosen.by.removeprefix("-")
    every = dict.fromkeys((moment, *TABLES[chosen.table].key, *found.columns))
    return [
        ibis.desc(name) if name == moment and chosen.by.startswith("-") else ibis.asc(name)
        for name in every
        if name in found.columns
    ]


def _told(view: PeriodView, chosen: _Set, conditions: dict[str, Any], count: int, shown: int) -> str:
    words = view.context.words
    asked = "".join(f", {name} = {_typed(value)}" for name, value in conditions.items())
    head = f"{tr(chosen.label, view.language)} ({words.period(view.period)}){asked}"
    if shown < count:
        cut = tr("showing {shown} of {all} rows; limit=None gives all", view.language)
        said = cut.format(shown=words.number(shown), all=words.number(count))
        warnings.warn(f"view.rows: {said}.", DataWarning, stacklevel=4)
    else:
        said = words.counted(count, "row")
    money = tr("money in {currency}", view.language).format(currency=words.currency)
    has_money = any(column.unit == "money" for column in TABLES[chosen.table].columns)
    return f"{head}: {said}{f'; {money}' if has_money and words.currency else ''}."


def _typed(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _set(view: PeriodView, what: str) -> _Set:
    if what not in SETS:
        raise ParameterError(
            f'There are no rows "{what}".', f"There are: {', '.join(SETS)}.", nearest(what, SETS)
        )
    held = "deals" if SETS[what].table == "sales" and view.sales_stand_in else SETS[what].table
    if not view.has(held):
        there = [name for name, one in SETS.items() if view.has(one.table)]
        raise MissingTableError(
            f'The data hold no table "{held}".',
            f"There are the rows: {', '.join(there)}.",
            "Map it in crm.toml; data/README.md tells what each table holds.",
        )
    return SETS[what]


def _table(view: PeriodView, what: str) -> ibis.Table:
    own = {"created", "closed", "won", "lost", "open_at_end", "sales"}
    return getattr(view, what) if what in own else known_rows(view, SETS[what].table)


def _with_customer(view: PeriodView, found: ibis.Table) -> ibis.Table:
    """Put the name of the client beside its id."""
    if "name" in found.columns or "customer_id" not in found.columns or not view.has("customers", "name"):
        return found
    names = view.dataset.table("customers").select(_id="customer_id", customer="name")
    joined = found.left_join(names, found.customer_id == names._id).drop("_id")
    return joined.relocate("customer", after="customer_id")


def _met(view: PeriodView, chosen: _Set, found: ibis.Table, name: str, value: Any) -> ibis.Value:
    """Return the condition that a value sets for a column, own or of whom the rows name."""
    if name in (_TEXT, _CUSTOMER):
        return _containing(found, name, value)
    if name in found.columns:
        return _asked(view, chosen.table, found, name, value)
    for table, key in _THROUGH:
        if key in found.columns and view.has(table, key, name):
            there = known_rows(view, table)
            named = there.filter(_asked(view, table, there, name, value))
            return found[key].isin(named[key])
    every = [*found.columns, *(c for t, k in _THROUGH if k in found.columns and view.has(t, k) for c in
                               view.dataset.table(t).columns)]  # fmt: skip
    every = [*dict.fromkeys(every), _TEXT]
    raise ParameterError(
        f"The rows of {chosen.table} have no column {listed([name])}.", f"There are: {', '.join(every)}.",
        nearest(name, every),
    )  # fmt: skip


def _asked(view: PeriodView, table: str, found: ibis.Table, name: str, value: Any) -> ibis.Value:
    column, kind = found[name], found[name].type()
    if value == NOT_STATED:
        return stated(column) == NOT_STATED
    if kind.is_boolean():
        return column == bool(value)
    if kind.is_numeric():
        one = isinstance(value, int | float)
        low, high = ends_of(name, (value, value) if one else value)
        return column.between(low, high) if high < float("inf") else column >= low
    if kind.is_temporal():
        first, end = span_of(name, value, view.dataset.settings.fiscal_year_starts)
        moment = column.cast("timestamp")
        return (moment >= _moment(first)) & (moment < _moment(end))
    if name in TABLES[table].names and TABLES[table][name].kind == "id":
        return column.isin(_ids(found, name, value))
    known = view.table(table)  # of all that is known, not of these rows alone: nobody lost is no error
    known = known[name] if name in known.columns else column
    names = stated(known).name(name).as_table().distinct().to_pandas()[name]
    return stated(column).isin(names_of(name, value, set(names)))


def _moment(time: Any) -> ibis.Value:
    return ibis.timestamp(str(time))


def _ids(found: ibis.Table, name: str, value: Any) -> list[str]:
    """Return ids as typed; there may be millions, so that those like an unknown one alone are fetched."""
    asked = [str(one) for one in (value if isinstance(value, list | tuple | set) else [value])]
    there = set(found.filter(found[name].isin(asked)).select(name).distinct().to_pandas()[name])
    if unknown := [one for one in asked if one not in there]:
        like = found.filter(found[name].startswith(unknown[0][:2]))
        some = like if like.count().to_pandas() else found
        near = some.select(name).distinct().order_by(name).limit(_NEAR).to_pandas()[name]
        raise ParameterError(
            f"These rows have no {name} {listed(unknown)}.",
            f"There are: {listed(near)}." if len(near) else "There are no such rows at all.",
            nearest(unknown[0], near),
        )
    return asked


def _containing(found: ibis.Table, name: str, value: Any) -> ibis.Value:
    """Say which rows hold every word of a text, in any of their texts, in capitals or not."""
    searched = [c for c in found.columns if found[c].type().is_string()]
    if name == _CUSTOMER:
        searched = [c for c in (_CUSTOMER, "name", "customer_id") if c in searched]
    if not searched:
        raise ParameterError(f"These rows hold no {name}.", f"They have {', '.join(found.columns)}.")
    words = str(value).lower().split()
    if not words:
        raise ParameterError(f"{name} is {value!r}.", "A word or several.", f'For example {name}="north".')
    texts = [found[c].fill_null("").lower() for c in searched]
    every = [reduce(or_, (text.contains(word) for text in texts)) for word in words]
    return ibis.and_(*every)
