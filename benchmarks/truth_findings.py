"""How many findings of analyses 3, 4 and 5 are not true, and how many of the planted truths are found.

Each company is made up, so what is behind it is known. A claim is a row of a result that says something
differs. It is true where the difference is in the company, planted or following from what was planted:
large clients have many employees, and where one industry leaves more the others leave less than the rest.
It is left out where that is not clear (whether a channel that wins more often brings more a customer).
"""

from __future__ import annotations

import tempfile
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

import crm_analysis as crm
from crm_analysis.demo import Company, write_demo
from crm_analysis.demo.names import EMPLOYEES
from crm_analysis.errors import DataWarning

if TYPE_CHECKING:
    from collections.abc import Iterator

PERIOD = "2026-10"
DEALS = 3000
#: Verdicts that claim something.
_CLAIMS = {
    "higher", "lower", "changed", "differs", "pays back", "does not pay back", "pays better", "holds up"
}  # fmt: skip
_NULL_DIMENSIONS = {"region", "account type", "account_type"}
_PAYS = {"Website", "Partners", "Telephone", "Search ads"}
_LOSES = {"Trade shows", "Mailing", "Sponsorship"}
_BETTER_OWNERS = {"Jörg Wicker", "Bo Marrow"}
#: Return on spend by planted truth, highest first.
_RETURNS = ("Website", "Partners", "Telephone", "Search ads", "Trade shows", "Mailing", "Sponsorship")


@dataclass(frozen=True)
class Claim:
    """Something a report says differs: in which family of tests, what, and whether it is true."""

    family: str
    said: str
    true: bool | None


def claims(results: dict[str, crm.Result], only: str = "") -> Iterator[Claim]:
    """Give every claim of the results of a company with the effects planted, with its truth."""
    for family, keys, judge in _FAMILIES:
        if not family.startswith(only):
            continue
        stem, name = family.split(".")
        for row in _rows(results[stem].tables()[name], keys):
            yield Claim(family, " ".join(str(row[key]) for key in keys) + f" {row['verdict']}", judge(row))


def families(only: str = "") -> list[str]:
    """Name the families of tests, ``analysis.table``; those whose name begins so."""
    return [family for family, *_ in _FAMILIES if family.startswith(only)]


def _rows(frame: pd.DataFrame, keys: tuple[str, ...]) -> list[dict[str, object]]:
    said = frame[frame["verdict"].isin(_CLAIMS)]
    # a dimension judged as a whole has one verdict, not one a value
    return said.drop_duplicates([*keys]).to_dict("records")


def _segment(row: dict[str, object]) -> bool | None:
    measure, dimension, segment = row["measure"], row["dimension"], str(row["segment"])
    up = row["verdict"] == "higher"
    if dimension in _NULL_DIMENSIONS:
        return False
    if dimension == "industry":
        planted = {"revenue_per_customer": "Cosmetics", "margin_rate": "Wine"}.get(str(measure))
        # the others are set against a rest that holds the planted one
        return planted is not None and up == (segment == planted)
    if measure == "margin_rate":
        return False
    if measure == "win_rate" and dimension == "channel":
        return None if segment not in ("Referral", "Telephone") else up == (segment == "Referral")
    if dimension == "size":
        fewest, most = EMPLOYEES[segment]
    elif dimension == "employees":
        fewest, most = (int(number.replace(",", "")) for number in segment.split(" to "))
    else:
        return None
    if most <= EMPLOYEES["small"][1]:
        return not up
    if most > EMPLOYEES["medium"][1]:
        return up
    # clients of middle size buy more than the small half of all, but win hardly more often than the rest
    all_medium = fewest >= EMPLOYEES["medium"][0]
    return up if all_medium and measure == "revenue_per_customer" else None


def _profile(row: dict[str, object]) -> bool | None:
    up = row["verdict"] == "higher"
    if row["dimension"] in _NULL_DIMENSIONS:
        return False
    if row["dimension"] == "size" and row["segment"] in ("small", "large"):
        return up == (row["segment"] == "large")
    return up if row["segment"] == "Cosmetics" else None


def _channel(row: dict[str, object]) -> bool:
    return row["channel"] in (_PAYS if row["verdict"] == "pays back" else _LOSES)


def _pair(row: dict[str, object]) -> bool:
    return _RETURNS.index(str(row["channel"])) < _RETURNS.index(str(row["other"]))


def _shifted(row: dict[str, object]) -> bool | None:
    up = float(str(row["difference"])) > 0
    if row["outcome"] != "lost":
        return False
    # where one share rises the others fall
    return up if row["reason"] == "Delivery time" else None if not up else False


def _hotspot(row: dict[str, object]) -> bool | None:
    up, value = row["verdict"] == "higher", row["value"]
    if row["reason"] == "Quality" and value in ("Gift box", "Boxes"):
        return up
    if row["dimension"] in ("stage", "half of the funnel"):
        # the price is a late reason, so the others are early ones
        late = value == "(second half)"
        return up == late if row["reason"] == "Price too high" and row["dimension"] != "stage" else None
    if value in ("Gift box", "Boxes", "Gus Tansy"):
        return None
    return False if up else None


def _owner(row: dict[str, object]) -> bool | None:
    up = row["verdict"] == "higher"
    return row["owner"] == "Gus Tansy" if up else None


def _driver(row: dict[str, object]) -> bool | None:
    factor, level, up = row["factor"], row["level"], row["verdict"] == "higher"
    if factor in _NULL_DIMENSIONS or factor in ("industry", "product", "amount"):
        return False
    if factor == "owner":
        return up if level in _BETTER_OWNERS else False if up else None
    if factor == "channel":
        better, worse = level in ("Referral", "Partners"), level in ("Telephone", "Search ads")
        return up == better if better or worse else None
    if factor == "size" and level in ("small", "large"):
        return up == (level == "large")
    return up if factor == "known client" and level == "(bought before)" else None


def _win_rate(row: dict[str, object]) -> bool | None:
    return False if row["dimension"] in ("region", "product", "category") else None


def _never(_row: dict[str, object]) -> bool:
    return False


_FAMILIES = (
    ("customer_segments.tests", ("measure", "dimension", "segment"), _segment),
    ("customer_segments.profile", ("dimension", "segment"), _profile),
    ("customer_segments.cross", ("dimension", "segment", "product"), _never),
    ("customer_segments.shift", ("dimension", "segment"), _never),
    ("marketing_impact.channels", ("channel",), _channel),
    ("marketing_impact.next_effort", ("channel", "other"), _pair),
    ("marketing_impact.shares", ("channel",), _never),
    ("marketing_impact.association", ("lag_months",), _never),
    ("deal_reasons.reasons_year", ("outcome", "reason"), _shifted),
    ("deal_reasons.loss_reasons", ("reason",), _never),
    ("deal_reasons.hotspots", ("reason", "dimension", "value"), _hotspot),
    ("deal_reasons.discipline", ("owner",), _owner),
    ("deal_reasons.price_check", ("group", "value"), _never),
    ("deal_reasons.drivers", ("factor", "level"), _driver),
    ("sales_dynamics.win_rates", ("dimension",), _win_rate),
)
#: Planted truths, and the claim that finds each.
PLANTED = {
    "Cosmetics buys twice the value": (
       "customer_segments.tests", "revenue_per_customer industry Cosmetics higher"),
    "Wine leaves 10 points more margin": ("customer_segments.tests", "margin_rate industry Wine higher"),
    "large clients win more often": ("customer_segments.tests", "win_rate size large higher"),
    "A clients are large": ("customer_segments.profile", "size large higher"),
    "Website pays back (return 2.2)": ("marketing_impact.channels", "Website pays back"),
    "Partners pay back (return 1.3)": ("marketing_impact.channels", "Partners pays back"),
    "Trade shows do not (return -0.3)": ("marketing_impact.channels", "Trade shows does not pay back"),
    "Sponsorship does not (return -1)": ("marketing_impact.channels", "Sponsorship does not pay back"),
    "delivery time 10 to 24 % of reasons": ("deal_reasons.reasons_year", "lost Delivery time changed"),
    "quality, four times at the gift box": ("deal_reasons.hotspots", "Quality product Gift box higher"),
    "Gus Tansy leaves reasons blank": ("deal_reasons.discipline", "Gus Tansy higher"),
    "Referral wins (log odds 0.6)": ("deal_reasons.drivers", "channel Referral higher"),
    "a better owner (log odds 0.6)": ("deal_reasons.drivers", "owner Jörg Wicker higher"),
}  # fmt: skip


def report(seed: int, *, planted: bool, deals: int = DEALS, only: str = "") -> list[Claim]:
    """Make one company, run the analyses of its last month, and return what they claim.

    ``only`` is an analysis or a family, for more companies of it in the same time.
    """
    company = Company() if planted else Company.without_effects()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        write_demo(folder, seed=seed, deals=deals, company=company)
        view = crm.load(folder).view(PERIOD)
        stems = dict.fromkeys(family.split(".")[0] for family in families(only))
        made = list(claims({stem: getattr(crm, stem).analyze(view) for stem in stems}, only))
    if planted:
        return made
    # nothing was planted, so nothing that is claimed is true; of returns, which follow from costs, no word
    return [Claim(c.family, c.said, None if c.family in _OF_COSTS else False) for c in made]


_OF_COSTS = {"marketing_impact.channels", "marketing_impact.next_effort"}


def run(seeds: range, jobs: int, *, planted: bool, deals: int = DEALS, only: str = "") -> list[list[Claim]]:
    """Return the claims of every company, in the order of the seeds."""
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(partial(report, planted=planted, deals=deals, only=only), seeds))


def untrue(reports: list[list[Claim]], only: str = "") -> pd.DataFrame:
    """Count, family by family, what is claimed and what of it is not true.

    ``claims`` and ``untrue`` are those of all reports, ``share`` the share that is untrue in a report on
    average (0 where nothing is claimed), ``error`` the standard error of that mean, ``any`` the share of the
    reports with any untrue claim.
    """
    rows = []
    for family in [*families(only), "all of them"]:
        counted = [
            [c.true for c in made if c.true is not None and (c.family == family or family == "all of them")]
            for made in reports
        ]
        false = [sum(not true for true in one) for one in counted]
        shares = [n / len(one) if one else 0.0 for n, one in zip(false, counted, strict=True)]
        rows.append(
            {
                "family": family,
                "claims": sum(map(len, counted)),
                "untrue": sum(false),
                "share": sum(shares) / len(shares),
                "error": pd.Series(shares).sem(),
                "any": sum(map(bool, false)) / len(false),
            }
        )
    return pd.DataFrame(rows)


def found(reports: list[list[Claim]], only: str = "") -> pd.DataFrame:
    """Return a row a planted truth: the share of the reports that find it."""
    said = [{(c.family, c.said) for c in made} for made in reports]
    rows = [
        {"planted": what, "found": sum(where in one for one in said) / len(said)}
        for what, where in PLANTED.items()
        if where[0].startswith(only)
    ]
    return pd.DataFrame(rows, columns=["planted", "found"])
