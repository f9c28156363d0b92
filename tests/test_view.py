"""Views: every event under its own name, half-open, without look-ahead, without multiplying money."""

from __future__ import annotations

import pandas as pd
import pytest

import crm_analysis as crm
from crm_analysis.errors import MissingTableError, ParameterError, PeriodError
from tests.small_company import frames

TABLES = ("deals", "sales", "activities", "stage_history", "touches", "marketing_costs", "customers")


def ids(table, column="deal_id"):
    return sorted(table.to_pandas()[column])


@pytest.fixture(scope="module")
def data():
    return crm.load(frames())


@pytest.fixture(scope="module")
def view(data):
    return data.view("2026-02")


def test_each_event_is_its_own_set(view):
    assert ids(view.deals) == ["D1", "D2", "D3", "D4", "D6"]
    assert ids(view.created) == ["D2", "D6"]
    assert ids(view.closed) == ["D1", "D6"]
    assert ids(view.won) == ["D1"]
    assert ids(view.lost) == ["D6"]
    assert ids(view.open_at_end) == ["D2", "D3", "D4"]


def test_a_deal_closed_later_is_open_without_its_outcome(view):
    deal = view.deals.to_pandas().set_index("deal_id").loc["D2"]
    assert deal["status"] == "open"
    assert pd.isna(deal["closed_at"])
    assert pd.isna(deal["loss_reason"])
    assert deal["stage"] == "Offer"  # entered on 20 February; Lost came in March


def test_activity_done_later_is_not_done_and_later_ones_are_unknown(view):
    activities = view.activities.to_pandas().set_index("activity_id")
    assert list(activities.index) == ["A1", "A2", "A4"]
    assert activities["done_at"].notna().tolist() == [True, False, False]


def test_periods_are_half_open(data):
    january, february = data.view("2026-01"), data.view("2026-02")
    assert "first instant" not in ids(january.sales, "sale_id")
    assert {"first instant", "return"} <= set(ids(february.sales, "sale_id"))


def test_months_add_up_to_the_quarter(data):
    months = sum(data.view(f"2026-0{m}").sales.amount.sum().to_pandas() for m in (1, 2, 3))
    assert months == data.view("2026-Q1").sales.amount.sum().to_pandas()


def test_look_ups_do_not_multiply_money(data):
    raw = frames()["sales"]
    looked_up = data.view("2026-03").sales_to_date.to_pandas()
    assert len(looked_up) == len(raw)
    assert looked_up["amount"].sum() == raw["amount"].sum()
    by_product = looked_up.groupby("product")["category"].agg(lambda s: s.dropna().unique().tolist())
    assert by_product.to_dict() == {"desk": ["wood"], "lamp": ["light"], "not in products": []}
    assert set(looked_up.loc[looked_up["customer_id"] == "C2", "region"]) == {"east"}


def test_a_client_counts_from_entry_or_first_purchase(view):
    # C2 was entered in March but bought in December; C9 was entered in March and never bought
    assert ids(view.customers, "customer_id") == ["C0", "C1", "C2"]


def later(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Change everything that happens after February, and add rows to every table."""
    at = pd.Timestamp
    deals = tables["deals"].copy()
    deals.loc[deals["deal_id"] == "D2", ["status", "closed_at", "loss_reason"]] = [
        "won", at("2026-04-01"), None,
    ]  # fmt: skip
    deals.loc[deals["deal_id"] == "D3", ["status", "closed_at", "win_reason"]] = [
        "won", at("2026-05-01"), "friends",
    ]  # fmt: skip
    row = {"deal_id": "D7", "status": "won", "created_at": at("2026-03-02"), "closed_at": at("2026-03-03")}
    activities = tables["activities"].copy()
    activities.loc[activities["activity_id"] == "A4", "done_at"] = at("2026-03-21")
    more = {
        "deals": pd.concat([deals, pd.DataFrame([row])], ignore_index=True),
        "activities": activities,
    }
    for name, column in (("sales", "sold_at"), ("stage_history", "entered_at"), ("touches", "touched_at"),
                         ("marketing_costs", "spent_on"), ("customers", "created_at")):  # fmt: skip
        frame = tables[name]
        extra = frame.tail(2).assign(**{column: at("2026-06-15")})
        if name == "customers":
            extra = extra.assign(customer_id=["C10", "C11"])
        more[name] = pd.concat([frame, extra], ignore_index=True)
    more["products"] = pd.concat(
        [tables["products"], pd.DataFrame({"product": ["sofa"], "category": ["soft"]})], ignore_index=True
    )
    return tables | more


def test_later_rows_and_later_outcomes_change_nothing(view):
    now = crm.load(later(frames())).view("2026-02")
    for name in TABLES:
        then, today = (v.table(name).to_pandas() for v in (view, now))
        key = list(then.columns[:1])
        pd.testing.assert_frame_equal(
            then.sort_values(key).reset_index(drop=True), today.sort_values(key).reset_index(drop=True),
            check_dtype=False,
        )  # fmt: skip
    assert str(now.header) == str(view.header)
    assert now.coverage == view.coverage


def test_earlier_rows_do_change_the_fingerprint(view):
    tables = frames()
    tables["sales"].loc[0, "amount"] = 100.01
    assert crm.load(tables).view("2026-02").header.fingerprint != view.header.fingerprint


def test_equal_rows_count_twice_in_the_fingerprint(view):
    tables = frames()
    tables["sales"] = pd.concat([tables["sales"], tables["sales"].head(2), tables["sales"].head(2)])
    assert crm.load(tables).view("2026-02").header.fingerprint != view.header.fingerprint


def test_order_of_rows_does_not_change_the_fingerprint(view):
    shuffled = {name: frame.sample(frac=1, random_state=1) for name, frame in frames().items()}
    assert crm.load(shuffled).view("2026-02").header.fingerprint == view.header.fingerprint


def test_won_deals_stand_in_for_missing_sales():
    tables = {name: frame for name, frame in frames().items() if name != "sales"}
    view = crm.load(tables).view("2026-02")
    assert view.sales_stand_in
    sold = view.sales.to_pandas()
    assert sold[["sale_id", "customer_id", "amount", "owner", "region"]].to_numpy().tolist() == [
        ["D1", "C0", 500.0, "Ann", "north"]
    ]


@pytest.mark.parametrize("period", ["2026-04", "2030", "2025-11", "2024-Q1"])
def test_a_period_outside_the_data_is_refused(data, period):
    with pytest.raises(PeriodError, match="reach from 2025-12-01 to 2026-03-10"):
        data.view(period)


def test_an_unknown_comparison_is_refused_with_the_nearest(data):
    with pytest.raises(ParameterError, match='Did you mean "same-last-year"'):
        data.view("2026-02", compare_to="same_last_year")


def test_a_missing_table_or_column_is_named(data):
    view = data.view("2026-02")
    with pytest.raises(MissingTableError, match="targets"):
        view.need("targets")
    with pytest.raises(MissingTableError, match="no column cost"):
        view.need("sales", "cost")


def test_a_table_without_rows_counts_as_not_there():
    tables = frames()
    tables["sales"] = tables["sales"].head(0)
    view = crm.load(tables).view("2026-02")
    assert view.sales_stand_in
    assert ids(view.sales, "sale_id") == ["D1"]
