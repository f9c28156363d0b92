"""Three real sets through their example mappings: the counts that their descriptions give."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from crm_analysis.sources import Source, open_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def opened(
    shared_data: Path, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Source]:
    made: dict[str, Source] = {}

    def source(name: str) -> Source:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            for file in (shared_data / name).iterdir():
                if file.suffix in (".csv", ".parquet"):
                    shutil.copy(file, folder)
            (folder / "crm.toml").write_bytes((root / "examples" / name / "crm.toml").read_bytes())
            made[name] = open_source(folder)
        return made[name]

    return source


def counts(source: Source, table: str) -> tuple[int, int, int, int]:
    row = source.audit.tables.set_index("table").loc[table]
    return row["read"], row["kept"], row["left_out"], row["rejected"]


class TestMaven:
    def test_every_deal_is_kept_with_its_status(self, opened: Callable[[str], Source]) -> None:
        source = opened("maven-crm")
        assert counts(source, "deals") == (8_800, 8_800, 0, 0)
        statuses = source.tables["deals"].status.value_counts(name="n").execute().set_index("status")["n"]
        assert statuses.to_dict() == {"won": 4_238, "lost": 2_473, "open": 2_089}

    def test_money_of_won_deals(self, opened: Callable[[str], Source]) -> None:
        deals = opened("maven-crm").tables["deals"]
        won = deals.filter(deals.status == "won").amount
        assert won.sum().execute() == 10_005_534
        assert won.mean().execute() == pytest.approx(2_361, abs=0.5)

    def test_a_lost_deal_has_no_amount(self, opened: Callable[[str], Source]) -> None:
        deals = opened("maven-crm").tables["deals"]
        assert deals.filter((deals.status == "lost") & deals.amount.notnull()).count().execute() == 0

    def test_open_deals_have_the_list_price(self, opened: Callable[[str], Source]) -> None:
        tables = opened("maven-crm").tables
        deals, products = tables["deals"], tables["products"]
        priced = deals.filter(deals.status == "open").join(products, "product")
        assert priced.count().execute() == 2_089
        assert priced.filter(priced.amount != priced.price).count().execute() == 0

    def test_no_product_is_lost_in_joining(self, opened: Callable[[str], Source]) -> None:
        tables = opened("maven-crm").tables
        assert tables["deals"].join(tables["products"], "product").count().execute() == 8_800
        assert tables["deals"].filter(tables["deals"].product == "GTX Pro").count().execute() == 1_480

    def test_missing_accounts_are_blank_not_rejected(self, opened: Callable[[str], Source]) -> None:
        source = opened("maven-crm")
        deals = source.tables["deals"]
        assert deals.filter(deals.customer_id.isnull()).count().execute() == 1_425
        assert source.audit.dangling.empty

    def test_customers_with_class_of_size_and_revenue(self, opened: Callable[[str], Source]) -> None:
        customers = opened("maven-crm").tables["customers"].execute()
        assert len(customers) == 85
        assert customers["size"].notna().all()
        assert customers["size"].nunique() == 4
        assert customers["revenue"].max() == 11_698.03
        assert (
            customers.set_index("customer_id").loc["Cancity", "size"] == "2,000 to 4,999"
        )  # 2,448 employees

    def test_owners_and_currency(self, opened: Callable[[str], Source]) -> None:
        source = opened("maven-crm")
        assert counts(source, "owners") == (35, 35, 0, 0)
        assert source.settings.currency == "USD"


class TestOnlineRetail:
    def test_every_line_is_kept_duplicates_and_blank_customers_too(
        self, opened: Callable[[str], Source]
    ) -> None:
        source = opened("uci-online-retail")
        assert counts(source, "sales") == (541_909, 541_909, 0, 0)
        assert list(source.tables) == ["sales"]

    def test_net_revenue_invoices_customers_countries(self, opened: Callable[[str], Source]) -> None:
        sales = opened("uci-online-retail").tables["sales"]
        assert sales.amount.sum().execute() == pytest.approx(9_747_747.93, abs=0.005)
        assert sales.sale_id.nunique().execute() == 25_900
        assert sales.customer_id.nunique().execute() == 4_372
        assert sales.region.nunique().execute() == 38

    def test_customer_ids_are_text_without_a_decimal_point(self, opened: Callable[[str], Source]) -> None:
        sales = opened("uci-online-retail").tables["sales"]
        ids = sales.filter(sales.customer_id.notnull())
        assert ids.filter(ids.customer_id.re_search(r"^\d{5}$")).count().execute() == ids.count().execute()

    def test_times_stand_as_written(self, opened: Callable[[str], Source]) -> None:
        sales = opened("uci-online-retail").tables["sales"]
        assert str(sales.sold_at.min().execute()) == "2010-12-01 08:26:00"


class TestRingostat:
    def test_every_deal_is_kept_with_its_status(self, opened: Callable[[str], Source]) -> None:
        source = opened("ringostat-deals")
        assert counts(source, "deals") == (895, 895, 0, 0)
        statuses = source.tables["deals"].status.value_counts(name="n").execute().set_index("status")["n"]
        assert statuses.to_dict() == {"won": 216, "lost": 431, "open": 248}

    def test_rows_are_numbered(self, opened: Callable[[str], Source]) -> None:
        deals = opened("ringostat-deals").tables["deals"].execute()
        assert deals["deal_id"].tolist() == [str(number) for number in range(1, 896)]

    def test_open_deals_have_a_stage_and_no_closing_date(self, opened: Callable[[str], Source]) -> None:
        deals = opened("ringostat-deals").tables["deals"].execute()
        in_work = deals.loc[deals["status"] == "open"]
        assert in_work["closed_at"].isna().all()
        assert in_work["stage"].value_counts().to_dict() == {
            "Negotiations": 158,
            "Project set up": 39,
            "Trial": 36,
            "Payment": 15,
        }

    def test_days_to_the_decision(self, opened: Callable[[str], Source]) -> None:
        deals = opened("ringostat-deals").tables["deals"].execute()
        days = (deals["closed_at"] - deals["created_at"]).dt.days
        assert days[deals["status"] == "won"].median() == 15
        assert days[deals["status"] == "lost"].median() == 13

    def test_loss_reasons(self, opened: Callable[[str], Source]) -> None:
        deals = opened("ringostat-deals").tables["deals"].execute()
        assert deals["loss_reason"].value_counts().iloc[0] == 45
