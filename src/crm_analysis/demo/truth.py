"""What is true of the made-up company, as numbers for tests and benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.demo.goods import product_shares
from crm_analysis.demo.names import PRODUCTS

if TYPE_CHECKING:
    from crm_analysis.demo.cast import Cast
    from crm_analysis.demo.company import Company

#: Means over 1,027,928 deals made with the default parameters and seed 34: what follows from the truths but
#: is not typed in as such. A company of 3,000 deals lies around these, by chance, not at them.
MEASURED: dict[str, Any] = {
    "revenue_growth_by_year": [0.102, 0.134, 0.119],
    "orders_growth_by_year": [-0.034, -0.010, -0.010],
    "win_rate": 0.366,
    "win_rate_by_channel": {
        "Website": 0.359,
        "Search ads": 0.294,
        "Referral": 0.496,
        "Trade shows": 0.358,
        "Partners": 0.425,
        "Mailing": 0.357,
        "Telephone": 0.264,
        "": 0.356,
    },
    "win_rate_by_size": {"small": 0.326, "medium": 0.381, "large": 0.455},
    "days_first_contact_to_decision": {"created before 2025-01": 45, "created after the event": 33},
    "return_on_spend_margin_of_deal_orders": {
        "Website": 2.19,
        "Partners": 1.26,
        "Telephone": 0.70,
        "Search ads": 0.19,
        "Trade shows": -0.27,
        "Mailing": -0.37,
        "Sponsorship": -1.0,
    },
    "days_first_touch_to_deal": {
        "Website": 11,
        "Search ads": 9,
        "Referral": 24,
        "Trade shows": 107,
        "Partners": 44,
        "Mailing": 34,
        "Telephone": 14,
    },
    "share_of_decisions_in_last_11_days_of_quarter": {"won": 0.205, "lost": 0.120},
    "revenue_from_deals": 0.337,
    "last_12_months": {"gini": 0.715, "share_of_top_20_percent": 0.750},
    "category_share_of_revenue": {
        "before": {"Bags": 0.210, "Boxes": 0.430, "Filling": 0.170, "Tape": 0.190},
        "after": {"Bags": 0.282, "Boxes": 0.392, "Filling": 0.154, "Tape": 0.172},
    },
}


def truths(company: Company, cast: Cast) -> dict[str, Any]:
    """Give every planted truth under the name of the analysis that should find it.

    Parameters
    ----------
    company
        The parameters the data were made with.
    cast
        The owners, for the names of those who differ.

    Returns
    -------
    dict
        Plain values only, so that it can be written as JSON.
    """
    season = np.asarray(company.season)
    products = [row[0] for row in PRODUCTS]
    return {
        "sales_dynamics": {
            "growth_per_year_of_order_and_deal_value": company.growth,
            "growth_per_year_of_number_of_orders": 0.0,
            "season_by_month_per_working_day": [round(float(x), 4) for x in season / season.mean()],
            "mix_change_on": company.mix_on.isoformat(),
            "mix_factor": {company.mix_category: company.mix_factor},
            "product_share_before": _shares(products, product_shares(company, changed=False)),
            "product_share_after": _shares(products, product_shares(company, changed=True)),
            "returned_share_of_lines": company.returned,
            "plan_over_revenue_of_the_year_before": company.plan_growth,
        },
        "customer_abc": {
            "order_interval_days_median_over_clients": company.interval_days,
            "order_interval_log_sd_between_clients": company.interval_spread,
            "order_interval_shape_of_gamma": 3,
            "mean_years_as_a_client": company.lifetime_years,
            "client_value_log_sd": company.client_spread,
        },
        "customer_segments": {
            "factor_on_order_value": {
                "industry": dict(company.industry_value),
                "size": dict(company.size_value),
            },
            "margin": company.margin,
            "margin_added": {"industry": dict(company.industry_margin)},
            "no_difference_in_anything": ["region", "account_type"],
        },
        "marketing_impact": {
            "log_odds_of_winning": {channel.name: channel.win for channel in company.channels},
            "share_of_leads": {channel.name: channel.share for channel in company.channels},
            "unknown_channel": round(1.0 - sum(channel.share for channel in company.channels), 4),
            "cost_per_expected_lead": {channel.name: channel.cost_per_lead for channel in company.channels},
            "cost_without_deals": [channel.name for channel in company.channels if not channel.share],
            "deals_without_cost": [
                channel.name
                for channel in company.channels
                if not channel.cost_per_lead and not channel.monthly_cost
            ],
            "touches_after_the_first_change_nothing": True,
        },
        "deal_reasons": {
            "loss_shares_of_named_reasons": {reason.name: reason.share for reason in company.loss_reasons},
            "shift": {
                "on": company.shift_on.isoformat(),
                "reason": company.shift_reason,
                "to": company.shift_share,
            },
            "win_shares_of_named_reasons": {reason.name: reason.share for reason in company.win_reasons},
            "hotspot": {
                "reason": company.hot_reason,
                "product": company.hot_product,
                "weight": company.hot_factor,
            },
            "late_reasons": {
                "reasons": [reason.name for reason in company.loss_reasons if reason.late],
                "weight_from_quote_on": company.late_factor,
            },
            "blank_and_other": [company.blank_reason, company.other_reason],
            "blank_and_other_of_the_careless": [company.careless_blank, company.careless_other],
            "careless_owners": cast.with_role("careless"),
            "price_too_high_has_nothing_to_do_with_the_amount": True,
        },
        "process_kpis": {
            "event_on": company.event_on.isoformat(),
            "event_factor_on_time_in_stages": company.event_time,
            "event_changes_the_win_rate": False,
            "contacts_per_deal_growth_per_year": company.contacts_growth,
            "deal_amount_growth_per_year": company.growth,
            "purchase_interval_change_per_year": 0.0,
            "acquisition_cost_change_per_year": 0.0,
        },
        "open_deals": {
            "log_odds_base": company.win_base,
            "log_odds_known_client": company.win_known,
            "log_odds_size": dict(company.win_size),
            "log_odds_better_owner": company.win_star,
            "better_owners": cast.with_role("star") + cast.with_role("star with hard clients"),
            "better_owner_with_hard_clients": cast.with_role("star with hard clients"),
            "owner_with_easy_clients_and_no_skill": cast.with_role("given easy clients"),
            "stage_days_weibull_scale": {stage.name: stage.days for stage in company.stages},
            "stage_days_weibull_shape": company.weibull_shape,
            "last_stage_of_a_lost_deal_slower": company.lost_slower,
            "lost_by_furthest_stage": {stage.name: stage.lost for stage in company.stages},
            "stage_skipped": {stage.name: stage.skipped for stage in company.stages},
            "stage_promised": {stage.name: stage.promised for stage in company.stages},
            "win_rate_of_deals_that_reach_stage": stage_win_rates(company, MEASURED["win_rate"]),
            "never_decided": company.zombies,
            "quarter_end": {"within_days": company.quarter_window, "pulled": company.quarter_pull},
        },
    }


def stage_win_rates(company: Company, win_rate: float) -> dict[str, float]:
    """Chance of winning a deal whose furthest stage is at least this one, given the win rate of all."""
    lost = np.array([stage.lost for stage in company.stages])
    at_least = lost[::-1].cumsum()[::-1]
    kept = win_rate / (win_rate + (1.0 - win_rate) * at_least)
    return {stage.name: round(float(rate), 3) for stage, rate in zip(company.stages, kept, strict=True)}


def _shares(names: list[str], shares: np.ndarray) -> dict[str, float]:
    return {name: round(float(share), 4) for name, share in zip(names, shares, strict=True)}
