"""What was known at the end of a period: no look-ahead, every event under its own name.

A view masks the tables. A deal that closed later is open, its stage is the last one entered before the end,
an activity done later is not done, a row that came later is not there. So a report for March run in October
equals the one run on 1 April, given data to which rows are only added.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ibis
from ibis import _
from ibis.backends.duckdb import Backend as DuckDB

from crm_analysis.coverage import Coverage, cover
from crm_analysis.errors import MissingTableError
from crm_analysis.header import Header, header
from crm_analysis.result import Context
from crm_analysis.words import Words

if TYPE_CHECKING:
    from crm_analysis.dataset import Dataset
    from crm_analysis.period import Period
    from crm_analysis.told import Told

COMPARISONS = ("previous", "same-last-year")


@dataclass(frozen=True)
class PeriodView:
    """A dataset as it stood at the end of a period.

    Sets of deals, each an Ibis table of one row a deal: ``deals`` known at the end, ``created`` in the
    period, ``closed`` in the period, of which ``won`` and ``lost``, and ``open_at_end``. Order lines:
    ``sales`` of the period and ``sales_to_date``.

    Parameters
    ----------
    dataset
        The company's data.
    period
        The period; its end is "today".
    compare_to
        ``previous`` or ``same-last-year``.
    language
        Language of sentences and formats.
    """

    dataset: Dataset
    period: Period
    compare_to: str = "previous"
    language: str = "en"

    def has(self, table: str, *columns: str) -> bool:
        """Say whether the data hold a table, and in it all of these columns."""
        return self.dataset.has(table, *columns)

    def need(self, table: str, *columns: str) -> None:
        """Make sure of a table and columns.

        Raises
        ------
        MissingTableError
            They are not there.
        """
        held = self.dataset.table(table)
        if absent := [column for column in columns if column not in held.columns]:
            raise MissingTableError(
                f"The table {table} has no column {', '.join(absent)}.",
                f"It has {', '.join(held.columns)}.",
                "Map it in crm.toml; data/README.md tells what each column holds.",
            )

    # -- deals -------------------------------------------------------------------------------------------

    @cached_property
    def deals(self) -> ibis.Table:
        """Deals known at the end of the period, as they stood then; a row a deal."""
        return self._named("deals", self._with_stage(self.outcomes), "TABLE")

    @cached_property
    def outcomes(self) -> ibis.Table:
        """The same deals without looking up their stage in its history, which a database has to pay for.

        ``stage`` is that of the table: wrong for deals that have moved since the end.
        """
        deals = self.dataset.table("deals")
        known_at = deals.created_at
        if "first_contact_at" in deals.columns:
            known_at = ibis.coalesce(known_at, deals.first_contact_at)
        # a deal without any date counts as known: its age is unknown, its existence is not
        deals = deals.filter((known_at < self._end) | known_at.isnull())
        decided = (deals.status != "open") & (deals.closed_at < self._end)
        decided = decided.fill_null(False)
        masked = {"status": decided.ifelse(deals.status, "open")}
        for name in ("closed_at", "win_reason", "loss_reason"):
            if name in deals.columns:
                masked[name] = decided.ifelse(deals[name], ibis.null(deals[name].type()))
        if "stage" in deals.columns:
            # without a history the stage is known only of deals whose state has not changed since
            same = decided | (deals.status == "open")
            masked["stage"] = same.ifelse(deals.stage, ibis.null("string"))
        return self._named("outcomes", deals.mutate(**masked))

    @property
    def created(self) -> ibis.Table:
        """Deals created in the period."""
        return self.deals.filter(self._in_period(self.deals.created_at))

    @property
    def closed(self) -> ibis.Table:
        """Deals won or lost in the period."""
        return self.deals.filter(self._in_period(self.deals.closed_at))

    @property
    def won(self) -> ibis.Table:
        """Deals won in the period."""
        return self.closed.filter(_.status == "won")

    @property
    def lost(self) -> ibis.Table:
        """Deals lost in the period."""
        return self.closed.filter(_.status == "lost")

    @property
    def open_at_end(self) -> ibis.Table:
        """Deals open at the end of the period, with those that closed later."""
        return self.deals.filter(_.status == "open")

    # -- sales -------------------------------------------------------------------------------------------

    @property
    def sales_stand_in(self) -> bool:
        """Whether won deals stand in for a missing table of sales."""
        return not self.has("sales")

    @cached_property
    def has_amounts(self) -> bool:
        """Whether the data know what sales were worth; asked of the deals once."""
        if not self.sales_stand_in:
            return True
        return self.has("deals", "amount") and bool(self.deals.amount.notnull().any().to_pandas())

    @cached_property
    def sales_to_date(self) -> ibis.Table:
        """Order lines sold before the end of the period; a row a line, returns negative.

        Category, owner, channel and region are looked up where the lines lack them: in the product, the
        deal, the client, the owner, whichever knows first.
        """
        if not self.sales_stand_in:
            lines = self.dataset.table("sales").filter(_.sold_at < self._end)
        else:
            won = self.deals.filter(_.status == "won")
            kept = [c for c in ("customer_id", "product", "owner", "channel", "region") if c in won.columns]
            amount = won.amount if "amount" in won.columns else ibis.null("float64")
            lines = won.select(
                *kept, sale_id=won.deal_id, deal_id=won.deal_id, sold_at=won.closed_at, amount=amount
            )
        return self._named("sales", self._looked_up(lines))

    @property
    def sales(self) -> ibis.Table:
        """Order lines of the period; a row a line, returns negative."""
        return self.sales_to_date.filter(self._in_period(self.sales_to_date.sold_at))

    # -- other tables ------------------------------------------------------------------------------------

    @cached_property
    def activities(self) -> ibis.Table:
        """Activities done before the end, and those planned; one done later counts as not done."""
        activities = self.dataset.table("activities")
        if "done_at" not in activities.columns:
            return activities
        done = (activities.done_at < self._end).fill_null(False)
        masked = activities.mutate(done_at=done.ifelse(activities.done_at, ibis.null("timestamp")))
        planned = masked.due_at.notnull() if "due_at" in masked.columns else ibis.literal(value=False)
        return self._named("activities", masked.filter(masked.done_at.notnull() | planned))

    @property
    def stage_history(self) -> ibis.Table:
        """Stages entered before the end."""
        return self.dataset.table("stage_history").filter(_.entered_at < self._end)

    @property
    def touches(self) -> ibis.Table:
        """Marketing contacts before the end."""
        return self.dataset.table("touches").filter(_.touched_at < self._end)

    @property
    def marketing_costs(self) -> ibis.Table:
        """Expenses before the end."""
        return self.dataset.table("marketing_costs").filter(_.spent_on < ibis.date(self.period.end))

    @cached_property
    def customers(self) -> ibis.Table:
        """Clients known at the end: entered before it, or with a sale or deal before it; a row a client."""
        customers = self.dataset.table("customers")
        if "created_at" not in customers.columns:
            return customers
        early = (customers.created_at < self._end) | customers.created_at.isnull()
        for facts in (self.sales_to_date, self.deals if self.has("deals") else None):
            if facts is not None and "customer_id" in facts.columns:
                early = early | customers.customer_id.isin(facts.customer_id)
        return self._named("customers", customers.filter(early))

    def table(self, name: str) -> ibis.Table:
        """Return any canonical table as it stood at the end."""
        if name == "sales":
            return self.sales_to_date
        return getattr(self, name) if name in _MASKED else self.dataset.table(name)

    # -- rows for people ---------------------------------------------------------------------------------

    def rows(self, what: str = "deals", /, *, limit: int | None = 1000, **conditions: Any) -> Told:
        """Fetch the rows behind a figure: the deals, order lines, customers, … that it is made of.

        Parameters
        ----------
        what
            A set of this view: ``deals`` (known at the end), ``created``, ``closed``, ``won``, ``lost``,
            ``open_at_end``, ``sales``, ``sales_to_date``; or a table: ``customers``, ``activities``,
            ``stage_history``, ``touches``, ``marketing_costs``, ``owners``, ``products``, ``stages``,
            ``targets``, ``reasons``.
        limit
            How many rows at the most; None gives all.
        **conditions
            All must be met. A column of the rows, or of the customer, product, owner or deal that they
            name, with what it must be: a name or several, in capitals or not; a number, or the least and
            the largest, both inclusive, None where there is no limit; a period (``"2026-Q3"``), a day, or
            the first and the last day; ``"(not stated)"`` where it is blank. ``customer``: part of the name
            or id. ``text``: words that must all occur, anywhere.

        Returns
        -------
        pandas.DataFrame
            A row a row of the table, newest first, as it stood at the end of the period; with the name of
            the ``customer`` beside its id. It says what it is, and how many rows there are.

        Raises
        ------
        ParameterError
            A set, column or name that does not exist, with the nearest that does; a range that is none.
        MissingTableError
            The data hold no such table.

        Warns
        -----
        DataWarning
            There are more rows than ``limit``.

        Examples
        --------
        >>> import crm_analysis as crm
        >>> view = crm.load("data/demo").view("2026-10")
        >>> large = view.rows("lost", loss_reason="price too high", amount=(10_000, None))
        >>> large["loss_reason"].unique().tolist(), bool((large["amount"] >= 10_000).all())
        (['Price too high'], True)
        """
        from crm_analysis.rows import rows

        return rows(self, what, limit, conditions)

    # -- what surrounds the figures ----------------------------------------------------------------------

    @cached_property
    def coverage(self) -> Coverage:
        """Which part of the period the data cover, and what it can fairly be compared with."""
        return cover(self.dataset, self.period, self.compare_to, Words(self.language))

    @cached_property
    def comparison(self) -> PeriodView | None:
        """The view of the comparison period, of as many days as the data cover; None where refused."""
        period = self.coverage.comparison
        return None if period is None else PeriodView(self.dataset, period, self.compare_to, self.language)

    @property
    def context(self) -> Context:
        """Period, comparison, coverage and language, for a result."""
        return Context(
            period=self.period,
            comparison=self.coverage.comparison,
            covered=self.coverage.covered,
            notes=self.coverage.notes,
            words=Words(self.language, self.dataset.settings.currency),
        )

    @cached_property
    def header(self) -> Header:
        """What a page says above its figures: period, rows, fingerprint of what was known."""
        return header(self)

    def __repr__(self) -> str:
        return f"PeriodView {self.period} of {self.dataset.source.label}\n{self.header}"

    def _repr_html_(self) -> str:
        return self.header._repr_html_()

    # -- inside ------------------------------------------------------------------------------------------

    @property
    def _end(self) -> ibis.Value:
        return ibis.timestamp(f"{self.period.end} 00:00:00")

    def _in_period(self, moment: ibis.Value) -> ibis.Value:
        # what happened at the end or later is not in the tables
        return moment >= ibis.timestamp(f"{self.period.start} 00:00:00")

    def _named(self, name: str, rows: ibis.Table, form: str = "VIEW") -> ibis.Table:
        """Let queries name what is known at the end, so that each need not be written with all it rests on.

        Writing queries takes longer than running them. What many of them begin from is a ``TABLE``: looked
        up once. A database of others is not written to.
        """
        backend = rows.get_backend()
        if not isinstance(backend, DuckDB):
            return rows
        known = f"{name} known before {self.period.end}"
        backend.con.execute(f'CREATE OR REPLACE TEMP {form} "{known}" AS {backend.compile(rows)}')
        return backend.table(known, database="temp.main")

    def _with_stage(self, deals: ibis.Table) -> ibis.Table:
        """Put the last stage entered before the end in place of the present one."""
        if not self.has("stage_history"):
            return deals
        entered = self.stage_history
        order = [ibis.desc("entered_at"), ibis.desc("stage")]
        if self.has("stages"):
            stages = self.dataset.table("stages").select("stage", "position")
            entered = entered.left_join(stages, "stage").drop("stage_right")
            order.insert(1, ibis.desc("position"))
        last = (
            entered.mutate(turn=ibis.row_number().over(group_by="deal_id", order_by=order))
            .filter(_.turn == 0)
            .select(deal_id="deal_id", last_stage="stage")
        )
        joined = deals.left_join(last, "deal_id").drop("deal_id_right")
        known = (
            joined.last_stage if "stage" not in deals.columns else joined.last_stage.coalesce(joined.stage)
        )
        return joined.mutate(stage=known).drop("last_stage")

    def _looked_up(self, lines: ibis.Table) -> ibis.Table:
        for column, places in _LOOKUPS.items():
            if column in lines.columns:
                continue
            for table, key in places:
                if key in lines.columns and self.has(table, key, column):
                    found = self.dataset.table(table).select(key, column)
                    lines = lines.left_join(found, key).drop(f"{key}_right")
                    break
        return lines


_MASKED = {"deals", "activities", "stage_history", "touches", "marketing_costs", "customers"}

#: Where an order line finds what it does not say itself: the first table that knows.
_LOOKUPS = {
    "category": (("products", "product"),),
    "owner": (("deals", "deal_id"),),
    "channel": (("deals", "deal_id"), ("customers", "customer_id")),
    "region": (("customers", "customer_id"), ("owners", "owner")),
}
