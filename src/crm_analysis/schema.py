"""The canonical tables, declared once.

Readers, validation, ``data/README.md``, the made-up company and the tests all draw on this declaration.

Examples
--------
>>> TABLES["deals"].grain
'a deal'
>>> [column.name for column in TABLES["stages"].columns]
['stage', 'position', 'probability']
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis

Kind = Literal["text", "id", "number", "integer", "date", "timestamp", "period"]

#: DuckDB type of each kind. Ids are text, always: a 19-digit id must survive.
SQL_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "id": "VARCHAR",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "period": "VARCHAR",
}


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Parameters
    ----------
    name
        Identifier; ``_at`` ends a timestamp, ``_on`` a date.
    kind
        Type of the values.
    meaning
        What it holds, in a phrase.
    unit
        Unit of a number: ``money`` is the reporting currency.
    required
        Whether the column must be there and filled.
    allowed
        The values it may take; empty where any may stand.
    minimum, maximum
        Limits of a number, both inclusive.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    required: bool = False
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Rule:
    """A condition over several columns that a row must meet.

    Parameters
    ----------
    name
        Short name, used in the audit.
    column
        The column a reject is reported under.
    holds
        Condition over the canonical columns, as an Ibis expression so that it runs where the data are;
        NULL counts as holding.
    reason
        What is wrong where it does not hold.
    in_order
        Two times the rule wants in this order; where swapping day and month mends the row, the reject says
        so.
    """

    name: str
    column: str
    holds: Callable[[ibis.Table], ibis.expr.types.BooleanValue]
    reason: str
    in_order: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One canonical table.

    Parameters
    ----------
    name, grain, meaning
        What one row is and what the table is for.
    columns
        In the order they are written.
    key
        Columns that tell one row from another; a second row with the same key is set aside.
        Empty where equal rows are legitimate.
    known_at
        The column that says when a row came to be known; empty for tables that are always known.
    rules
        Conditions over several columns.
    references
        ``{column: table}``; a value without a row of its own is kept and counted.
    one_of
        At least one of these columns must be there.
    """

    name: str
    grain: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    known_at: str = ""
    rules: tuple[Rule, ...] = ()
    references: dict[str, str] = field(default_factory=dict)
    one_of: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all declared columns."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


_CUSTOMER = Column("customer_id", "id", "the client")
_OWNER = Column("owner", "text", "the person who runs it")
_PRODUCT = Column("product", "text", "the product")
_CHANNEL = Column("channel", "text", "promotion channel that brought it")
_CAMPAIGN = Column("campaign", "text", "campaign within the channel")
_REGION = Column("region", "text", "region")
_PROBABILITY = Column("probability", "number", "promised chance of winning", "0-1", minimum=0, maximum=1)


def _must(column: Column) -> Column:
    return Column(**{**column.__dict__, "required": True})


_ALL = (
    Table(
        "customers",
        "a client",
        "who buys",
        (
            _must(_CUSTOMER),
            Column("name", "text", "name shown to readers"),
            Column("created_at", "timestamp", "when the client was entered"),
            Column("industry", "text", "industry"),
            _REGION,
            Column("size", "text", "size class"),
            Column("channel", "text", "promotion channel that brought the client"),
        ),
        key=("customer_id",),
    ),
    Table(
        "deals",
        "a deal",
        "sales opportunities, won, lost and open",
        (
            Column("deal_id", "id", "the deal", required=True),
            _CUSTOMER,
            _OWNER,
            Column("status", "text", "state now", required=True, allowed=("open", "won", "lost")),
            Column("stage", "text", "stage of the funnel now, or the last one before the decision"),
            Column("amount", "number", "value of the deal", "money"),
            Column("currency", "text", "currency of the amount; one for all rows"),
            Column("first_contact_at", "timestamp", "first contact with the client on this matter"),
            Column("created_at", "timestamp", "when the deal was opened; may be blank while open"),
            Column("closed_at", "timestamp", "when it was won or lost"),
            Column("expected_close_on", "date", "day the owner expects the decision"),
            _PROBABILITY,
            _CHANNEL,
            _CAMPAIGN,
            _PRODUCT,
            Column("win_reason", "text", "why the client bought"),
            Column("loss_reason", "text", "why the client walked away"),
        ),
        key=("deal_id",),
        known_at="created_at",
        rules=(
            Rule(
                "created_missing",
                "created_at",
                lambda t: t.created_at.notnull() | (t.status == "open"),
                "a won or lost deal without created_at",
            ),
            Rule(
                "closed_missing",
                "closed_at",
                lambda t: t.closed_at.notnull() | (t.status == "open"),
                "a won or lost deal without closed_at",
            ),
            Rule(
                "closed_before_created",
                "closed_at",
                lambda t: (t.closed_at >= t.created_at) | (t.status == "open"),
                "closed before it was created",
                in_order=("created_at", "closed_at"),
            ),
        ),
        references={"customer_id": "customers", "owner": "owners", "product": "products"},
    ),
    Table(
        "stage_history",
        "a deal entering a stage",
        "the way of each deal through the funnel",
        (
            Column("deal_id", "id", "the deal", required=True),
            Column("stage", "text", "the stage entered", required=True),
            Column("entered_at", "timestamp", "when", required=True),
        ),
        key=("deal_id", "stage", "entered_at"),
        known_at="entered_at",
        references={"deal_id": "deals", "stage": "stages"},
    ),
    Table(
        "stages",
        "a stage of the funnel",
        "the order of the stages",
        (
            Column("stage", "text", "name of the stage", required=True),
            Column("position", "integer", "1 is the first", required=True),
            _PROBABILITY,
        ),
        key=("stage",),
    ),
    Table(
        "activities",
        "a call, meeting or other contact",
        "what was done and what is planned",
        (
            Column("activity_id", "id", "the activity", required=True),
            Column("deal_id", "id", "the deal it belongs to"),
            _CUSTOMER,
            _OWNER,
            Column("kind", "text", "call, meeting, email, task, …", required=True),
            Column("due_at", "timestamp", "when it is planned"),
            Column("done_at", "timestamp", "when it was done; blank while it is not"),
        ),
        key=("activity_id",),
        known_at="done_at",
        references={"deal_id": "deals", "customer_id": "customers", "owner": "owners"},
    ),
    Table(
        "sales",
        "an order line; a return is negative",
        "what was sold; absent: won deals stand in",
        (
            Column("sale_id", "id", "the order; several lines may share it", required=True),
            _CUSTOMER,
            Column("sold_at", "timestamp", "when", required=True),
            Column("amount", "number", "net value of the line", "money", required=True),
            Column("cost", "number", "cost of the line", "money"),
            Column("quantity", "number", "units sold", "units"),
            _PRODUCT,
            Column("category", "text", "product category"),
            _OWNER,
            _CHANNEL,
            _REGION,
            Column("deal_id", "id", "the deal that brought the order"),
        ),
        known_at="sold_at",
        references={"customer_id": "customers", "owner": "owners", "product": "products", "deal_id": "deals"},
    ),
    Table(
        "owners",
        "a person who runs deals",
        "the sales team",
        (_must(_OWNER), Column("team", "text", "team"), Column("manager", "text", "who leads them"), _REGION),
        key=("owner",),
    ),
    Table(
        "products",
        "a product",
        "what is sold",
        (
            _must(_PRODUCT),
            Column("category", "text", "product category"),
            Column("price", "number", "list price", "money"),
            Column("cost", "number", "cost of a unit", "money"),
        ),
        key=("product",),
    ),
    Table(
        "marketing_costs",
        "an expense",
        "what promotion cost",
        (
            Column("spent_on", "date", "when", required=True),
            _must(_CHANNEL),
            Column("amount", "number", "the expense", "money", required=True),
            _CAMPAIGN,
            Column("cost_item", "text", "kind of expense: telephone, print and post, exhibitions, …"),
        ),
        known_at="spent_on",
    ),
    Table(
        "touches",
        "a marketing contact before the deal",
        "the way of a client to the deal",
        (
            _CUSTOMER,
            Column("deal_id", "id", "the deal it led to"),
            _must(_CHANNEL),
            Column("touched_at", "timestamp", "when", required=True),
            _CAMPAIGN,
        ),
        known_at="touched_at",
        references={"customer_id": "customers", "deal_id": "deals"},
        one_of=("customer_id", "deal_id"),
    ),
    Table(
        "targets",
        "a plan figure",
        "what was planned",
        (
            Column("period", "period", "the period planned, as 2026-10 or 2026-Q4", required=True),
            Column("amount", "number", "planned revenue", "money", required=True),
            _OWNER,
            _PRODUCT,
            _REGION,
        ),
        key=("period", "owner", "product", "region"),
    ),
    Table(
        "reasons",
        "a reason",
        "which department a reason belongs to",
        (
            Column("reason", "text", "the reason as written in deals", required=True),
            Column("kind", "text", "of winning or of losing", allowed=("win", "loss")),
            Column("department", "text", "sales, marketing, production, dispatch, service, …"),
        ),
        key=("reason", "kind"),
    ),
)

#: The canonical tables by name.
TABLES: dict[str, Table] = {table.name: table for table in _ALL}
