"""The made-up company: every parameter the generator uses, and so every truth planted in its data.

A test that wants another truth makes another company: ``dataclasses.replace(Company(), growth=0.0)``,
or :meth:`Company.without_effects` for one in which nothing differs and nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date


@dataclass(frozen=True)
class Channel:
    """A promotion channel.

    Parameters
    ----------
    name
        As written in the tables.
    share
        Share of new leads it brings; what all channels leave is the unknown channel.
    win
        Added to the log odds of winning a deal it brought.
    lag_days
        Mean of the time from first touch to deal (gamma, shape 2).
    cost_per_lead
        Money spent for a lead, at the expected number of leads.
    monthly_cost
        Money spent a month whatever the leads, for a company of 3,000 deals.
    cost_items
        ``(cost item, share)`` of that money.
    campaigns
        Campaigns, equally likely.
    months
        Months of the year in which the money is spent; empty for all.
    later
        Share of the touches between the first one and the deal.
    """

    name: str
    share: float
    win: float
    lag_days: float
    cost_per_lead: float
    cost_items: tuple[tuple[str, float], ...]
    campaigns: tuple[str, ...]
    monthly_cost: float = 0.0
    months: tuple[int, ...] = ()
    later: float = 0.0


@dataclass(frozen=True)
class Stage:
    """A stage of the funnel.

    Parameters
    ----------
    name
        As written in the tables.
    promised
        Chance of winning that the CRM promises in this stage: far too rosy, by design.
    lost
        Share of the lost deals whose furthest stage it is.
    days
        Scale of the time spent in it (Weibull), in calendar days.
    skipped
        Chance that a deal which gets past it never enters it.
    """

    name: str
    promised: float
    lost: float
    days: float
    skipped: float


@dataclass(frozen=True)
class Reason:
    """A reason of winning or losing: its share, and its weight by stage where that is not 1."""

    name: str
    department: str
    share: float
    late: bool = False  # a deal lost for it is lost at Quote or later more often


_CHANNELS = (
    Channel("Website", 0.22, 0.0, 12, 290, (("web content", 1.0),), ("Blog", "Newsletter"), later=0.38),
    Channel(
        "Search ads", 0.18, -0.35, 10, 620, (("online ads", 1.0),), ("Brand", "Boxes", "Bags"), later=0.22
    ),
    Channel("Referral", 0.14, 0.6, 25, 0, (), ("Clients", "Staff"), later=0.05),
    Channel(
        "Trade shows",
        0.13,
        0.0,
        45,
        1250,
        (("exhibitions", 0.75), ("travel", 0.25)),
        ("Packwell", "Wrapfest"),
        months=(2, 5, 9),
    ),
    Channel("Partners", 0.10, 0.3, 45, 480, (("commission", 1.0),), ("Printers", "Carriers"), later=0.05),
    Channel("Mailing", 0.08, 0.0, 35, 1400, (("print and post", 1.0),), ("Catalogue", "Samples"), later=0.16),
    Channel(
        "Telephone",
        0.08,
        -0.5,
        15,
        380,
        (("telephone", 0.4), ("call centre", 0.6)),
        ("Cold list",),
        later=0.14,
    ),
    Channel("Sponsorship", 0.0, 0.0, 0, 0, (("sponsorship", 1.0),), ("Village fete",), monthly_cost=1500),
)
_STAGES = (
    Stage("Lead", 0.20, 0.30, 7, 0.05),
    Stage("Qualified", 0.35, 0.22, 11, 0.10),
    Stage("Sample", 0.50, 0.13, 16, 0.20),
    Stage("Quote", 0.65, 0.20, 14, 0.00),
    Stage("Negotiation", 0.80, 0.11, 12, 0.12),
    Stage("Contract", 0.90, 0.04, 6, 0.10),
)
_LOSS_REASONS = (
    Reason("Price too high", "sales", 0.28, late=True),
    Reason("Delivery time", "dispatch", 0.10),
    Reason("Production time", "production", 0.12),
    Reason("Quality", "production", 0.09),
    Reason("Service", "service", 0.08),
    Reason("Range too narrow", "marketing", 0.09),
    Reason("Competitor", "sales", 0.14),
    Reason("No budget", "marketing", 0.10),
)
_WIN_REASONS = (
    Reason("Quality", "production", 0.24),
    Reason("Good price", "sales", 0.20),
    Reason("Fast delivery", "dispatch", 0.16),
    Reason("Good advice", "sales", 0.18),
    Reason("Recommended", "marketing", 0.12),
    Reason("Service", "service", 0.10),
)


@dataclass(frozen=True)
class Company:
    """Parameters of the made-up company.

    Rates are per year, times in days, log odds in natural logarithms; ``before`` and ``after`` of a change
    are told by its date.

    Examples
    --------
    >>> Company().growth
    0.12
    >>> Company.without_effects().growth
    0.0
    """

    start: date = date(2022, 11, 1)
    months: int = 48
    currency: str = "EUR"
    # money
    growth: float = 0.12
    season: tuple[float, ...] = (0.86, 0.92, 1.06, 1.0, 1.0, 1.04, 0.92, 0.80, 1.08, 1.12, 1.14, 1.06)
    order_value: float = 1000.0
    deal_value: float = 2700.0
    size_value: tuple[tuple[str, float], ...] = (("small", 0.4), ("medium", 1.0), ("large", 2.6))
    size_share: tuple[float, ...] = (0.50, 0.35, 0.15)
    industry_value: tuple[tuple[str, float], ...] = (
        ("Bakery", 1.0),
        ("Cosmetics", 2.0),
        ("Electronics", 1.0),
        ("Hardware", 1.0),
        ("Toys", 1.0),
        ("Wine", 1.0),
    )
    industry_margin: tuple[tuple[str, float], ...] = (("Wine", 0.10),)
    client_spread: float = 1.2
    client_limit: float = 1.8
    order_spread: float = 0.50
    margin: float = 0.34
    returned: float = 0.03
    mix_on: date = date(2025, 11, 1)
    mix_category: str = "Bags"
    mix_factor: float = 1.5
    # clients
    deals_per_customer: float = 3.75
    existing: float = 0.48
    lifetime_years: float = 4.7
    interval_days: float = 92.0
    interval_spread: float = 0.6
    deal_rate: float = 1.75
    prospect_rate: float = 1.2
    prospect_days: float = 365.0
    gone_rate: float = 0.3
    # winning
    win_base: float = -0.93
    win_known: float = 0.4
    win_size: tuple[tuple[str, float], ...] = (("small", -0.25), ("medium", 0.0), ("large", 0.35))
    win_star: float = 0.6
    win_event: float = 0.0
    channels: tuple[Channel, ...] = _CHANNELS
    # funnel
    stages: tuple[Stage, ...] = _STAGES
    weibull_shape: float = 1.2
    lost_slower: float = 1.5
    backward: float = 0.08
    repeated: float = 0.04
    zombies: float = 0.013
    quarter_pull: float = 0.60
    quarter_window: int = 21
    event_on: date = date(2025, 3, 1)
    event_time: float = 0.70
    # reasons
    loss_reasons: tuple[Reason, ...] = _LOSS_REASONS
    win_reasons: tuple[Reason, ...] = _WIN_REASONS
    shift_on: date = date(2025, 11, 1)
    shift_reason: str = "Delivery time"
    shift_share: float = 0.24
    hot_product: str = "Gift box"
    hot_reason: str = "Quality"
    hot_factor: float = 4.0
    late_factor: float = 2.0
    blank_reason: float = 0.06
    other_reason: float = 0.06
    careless_blank: float = 0.35
    careless_other: float = 0.20
    # contacts
    contacts: float = 3.5
    contacts_growth: float = 0.12
    kinds: tuple[tuple[str, float], ...] = field(
        default=(("call", 0.40), ("email", 0.30), ("meeting", 0.15), ("task", 0.15))
    )
    plan_growth: float = 0.14

    @classmethod
    def without_effects(cls) -> Company:
        """Make the null company: no growth, no differences, no shift, no event.

        The calendar stays (season, working days, the rush at quarter ends), and so does the spread between
        single clients: they are what a false alarm is made of.
        """
        return replace(
            cls(),
            growth=0.0,
            size_value=tuple((name, 1.0) for name, _ in cls.size_value),
            industry_value=tuple((name, 1.0) for name, _ in cls.industry_value),
            industry_margin=(),
            client_spread=1.2,
            mix_factor=1.0,
            win_known=0.0,
            win_size=tuple((name, 0.0) for name, _ in cls.win_size),
            win_star=0.0,
            channels=tuple(replace(channel, win=0.0) for channel in _CHANNELS),
            event_time=1.0,
            shift_share=next(reason.share for reason in _LOSS_REASONS if reason.name == cls.shift_reason),
            hot_factor=1.0,
            late_factor=1.0,
            careless_blank=cls.blank_reason,
            careless_other=cls.other_reason,
            contacts_growth=0.0,
            plan_growth=0.0,
        )
