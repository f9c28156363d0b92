"""Reasons of deals: counted by hand, whole customers, edges, and what is said."""

from __future__ import annotations

import itertools
import re
import tomllib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from rapidfuzz import fuzz
from scipy.stats import fisher_exact

import crm_analysis as crm
from crm_analysis.analyses._reasons.change import judge
from crm_analysis.analyses._reasons.spellings import _ALIKE, _look, _words, compare, correct, mend
from crm_analysis.columns import is_declared

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::crm_analysis.errors.DataWarning")

Row = tuple[str, str, str | None]


def company(rows: list[Row], **more: Any) -> dict[str, pd.DataFrame]:
    """Return deals of (day of the decision, "won" or "lost", reason), each of a customer of its own."""
    frame = pd.DataFrame(rows, columns=["closed_at", "status", "reason"])
    closed = pd.to_datetime(frame["closed_at"])
    deals = pd.DataFrame(
        {
            "deal_id": [f"D{at:05d}" for at in range(len(frame))],
            "customer_id": [f"C{at}" for at in range(len(frame))],
            "status": frame["status"],
            "created_at": closed - pd.Timedelta(days=10),
            "closed_at": closed,
            "amount": 100.0,
            "loss_reason": frame["reason"].where(frame["status"] == "lost").astype(object),
            "win_reason": frame["reason"].where(frame["status"] == "won").astype(object),
        }
    )
    return {"deals": deals.assign(**more)}


def days(year: int, count: int) -> list[str]:
    """Return days spread over a year."""
    start = pd.Timestamp(f"{year}-01-02")
    return [str((start + pd.Timedelta(days=at * 360 / max(1, count - 1))).date()) for at in range(count)]


def losses(year: int, **reasons: int) -> list[Row]:
    """Return lost deals of a year, so many for each reason, evenly over the year; ``_`` is a blank."""
    names = [name for name, count in reasons.items() for _ in range(count)]
    order = np.random.Generator(np.random.PCG64(year)).permutation(len(names))
    mixed = [names[at] for at in order]
    return [
        (day, "lost", None if name == "_" else name)
        for day, name in zip(days(year, len(names)), mixed, strict=True)
    ]


def analyzed(tables: dict[str, pd.DataFrame], period: str = "2025", compare_to: str = "previous") -> Any:
    return crm.deal_reasons.analyze(crm.load(tables).view(period, compare_to))


def keyed(result: Any) -> dict[str, Any]:
    return {finding.key: finding for finding in result.findings}


REASONS = pd.DataFrame(
    {
        "reason": ["price", "late", "broken", "late"],
        "kind": ["loss", "loss", "loss", "win"],
        "department": ["sales", "dispatch", "production", "marketing"],
    }
)


@pytest.fixture(scope="module")
def result() -> Any:
    """Give the reasons of two years."""
    rows = [*losses(2024, price=30, late=10, _=5), *losses(2025, price=20, late=25, broken=3, _=2)]
    rows += [("2025-03-01", "won", "late"), ("2025-04-01", "won", None)]
    return analyzed({**company(rows), "reasons": REASONS})


class TestCountedByHand:
    def test_reasons_and_their_shares(self, result: Any) -> None:
        table = result.loss_reasons
        assert list(zip(table["reason"], table["deals"], table["previous_deals"], strict=True)) == [
            ("late", 25, 10), ("price", 20, 30), ("broken", 3, 0), ("(not stated)", 2, 5),
        ]  # fmt: skip
        assert table["share"].tolist() == pytest.approx([0.5, 0.4, 0.06, 0.04])
        assert table["previous_share"].tolist() == pytest.approx([10 / 45, 30 / 45, 0, 5 / 45])
        assert table["difference"].sum() == pytest.approx(0)
        assert table["amount"].tolist() == [2500.0, 2000.0, 300.0, 200.0]

    def test_without_a_comparison_the_deals_before_are_not_known(self) -> None:
        table = analyzed(company(losses(2025, price=20, late=25))).loss_reasons
        assert table["deals"].tolist() == [25, 20]
        assert table["previous_deals"].isna().all()

    def test_limits_are_those_of_wilson_and_newcombe(self, result: Any) -> None:
        late = result.loss_reasons.iloc[0]
        # R: prop.test(25, 50, correct = FALSE)
        assert (late["low"], late["high"]) == pytest.approx((0.3664461, 0.6335539), abs=1e-6)
        # Newcombe from the Wilson limits of 25/50 and 10/45, by hand
        assert late["difference_low"] == pytest.approx(0.0839, abs=5e-4)
        assert late["difference_high"] == pytest.approx(0.4429, abs=5e-4)

    def test_p_value_is_fisher_s(self, result: Any) -> None:
        late = result.loss_reasons.iloc[0]
        assert late["p_value"] == pytest.approx(fisher_exact(np.array([[25, 25], [10, 35]])).pvalue, rel=1e-9)
        assert late["verdict"] == "changed"

    def test_rare_reasons_are_not_tested(self, result: Any) -> None:
        table = result.loss_reasons.set_index("reason")
        assert table.loc["broken", "verdict"] == "not_enough_data"
        assert np.isnan(table.loc["broken", "p_adjusted"])

    def test_departments_add_up(self, result: Any) -> None:
        table = result.departments.set_index("department")
        assert table["deals"].to_dict() == {"dispatch": 25, "sales": 20, "production": 3, "(not stated)": 2}
        assert table["share"].sum() == pytest.approx(1)
        assert result.win_reasons["department"].tolist() == ["(not stated)", "marketing"]

    def test_each_department_has_a_finding(self, result: Any) -> None:
        found = keyed(result)
        assert found["department_dispatch"].verdict == "changed"
        assert found["department_dispatch"].department == "dispatch"
        assert found["department_dispatch"].sentence == (
            "Dispatch: “late” was the reason for 50% of the deals lost in the 12 months to December 31, 2025 "
            "(25 of 50, worth 2,500). In the year before it was 22%: very likely not by chance (+8 to "
            "+44 percentage points)."
        )
        assert found["department_production"].verdict == "not_enough_data"

    def test_a_year_is_its_own_year(self, result: Any) -> None:
        lost = result.reasons_year[result.reasons_year["outcome"] == "lost"]
        assert lost["deals"].tolist() == result.loss_reasons["deals"].tolist()
        assert "loss_shift_period" not in keyed(result)

    def test_columns_have_headings(self, result: Any) -> None:
        assert not {c for f in result.tables().values() for c in f.columns if not is_declared(c)}


class TestRelations:
    def test_order_of_rows_does_not_matter(self) -> None:
        tables = company([*losses(2024, price=20, late=9), *losses(2025, price=12, late=22)], owner="Ann")
        shuffled = {"deals": tables["deals"].sample(frac=1, random_state=1)}
        one, other = analyzed(tables, "2025-06"), analyzed(shuffled, "2025-06")
        for name, frame in one.tables().items():
            pd.testing.assert_frame_equal(frame, other.tables()[name])
        assert [f.sentence for f in one.findings] == [f.sentence for f in other.findings]

    def test_many_deals_of_few_customers_are_no_evidence(self) -> None:
        rows = [*losses(2024, price=30, late=10), *losses(2025, price=20, late=25)]
        alone = analyzed(company(rows))
        # each customer brings ten deals for one and the same reason
        deals = company(rows)["deals"]
        order = deals.groupby([deals["closed_at"].dt.year, "loss_reason"]).cumcount() // 10
        few = deals.assign(customer_id=deals["loss_reason"] + order.astype(str))
        together = analyzed({"deals": few})
        assert alone.loss_reasons["verdict"].tolist() == ["changed", "changed"]
        assert set(together.loss_reasons["verdict"]) == {"no_evidence"}
        assert (together.loss_reasons["p_value"] > 0.05).all()

    def test_a_lost_deal_before_the_year_changes_nothing(self) -> None:
        rows = losses(2025, price=20, late=20)
        tables = company([*rows, ("2020-01-05", "lost", "price")])
        assert analyzed(tables).loss_reasons["deals"].tolist() == [20, 20]

    def test_midnight_of_new_year_belongs_to_the_new_year_only(self) -> None:
        both = [*losses(2024, price=20, late=20), *losses(2025, price=20, late=20)]
        table = analyzed(company([*both, ("2025-01-01", "lost", "price")])).loss_reasons
        assert table.set_index("reason")["deals"].to_dict() == {"price": 21, "late": 20}
        assert table["previous_deals"].tolist() == [20, 20]

    def test_the_stage_is_the_one_entered_last(self) -> None:
        tables = company(losses(2025, price=12, late=12), stage="Lost")
        at = tables["deals"]
        # an offer was made, and the deal went back to where it began
        history = pd.concat(
            pd.DataFrame(
                {
                    "deal_id": at["deal_id"],
                    "stage": stage,
                    "entered_at": at["created_at"] + pd.Timedelta(days=day),
                }
            )
            for stage, day in (("Lead", 0), ("Offer", 2), ("Lead", 5))
        )
        stages = pd.DataFrame({"stage": ["Lead", "Offer"], "position": [1, 2]})
        result = analyzed({**tables, "stage_history": history, "stages": stages})
        assert result.stage_map["stage"].unique().tolist() == ["Lead"]

    def test_both_tables_are_one_family_of_tests(self) -> None:
        one, many = pd.DataFrame({"p_value": [0.03]}), pd.DataFrame({"p_value": [0.9] * 9})
        assert judge([one])[0]["verdict"].tolist() == ["changed"]
        # 0.03 times ten is 0.3
        judged = judge([one, many])
        assert judged[0]["verdict"].tolist() == ["no_evidence"]
        assert judged[0]["p_adjusted"].tolist() == pytest.approx([0.3])
        assert set(judged[1]["verdict"]) == {"no_evidence"}

    def test_stages_of_the_outcome_are_no_stages(self) -> None:
        rows = losses(2025, price=12, late=12)
        tables = company(rows, stage="Lost")
        at = tables["deals"]
        history = pd.concat(
            [
                pd.DataFrame({"deal_id": at["deal_id"], "stage": "Lead", "entered_at": at["created_at"]}),
                pd.DataFrame({"deal_id": at["deal_id"], "stage": "Lost", "entered_at": at["closed_at"]}),
            ]
        )
        stages = pd.DataFrame({"stage": ["Lead", "Offer"], "position": [1, 2]})
        result = analyzed({**tables, "stage_history": history, "stages": stages})
        assert set(result.stage_map["stage"]) == {"Lead"}
        assert result.stage_map["deals"].sum() == 24


class TestSaidHonestly:
    def test_too_many_blanks_are_not_tested(self) -> None:
        result = analyzed(company([*losses(2024, price=30, late=10), *losses(2025, price=10, late=30, _=25)]))
        found = keyed(result)["loss_shift_year"]
        assert found.verdict == "not_enough_data"
        assert "38%" in found.sentence
        assert set(result.loss_reasons["verdict"]) == {"not_enough_data"}
        assert any("38%" in said for said in result.left_out)

    def test_no_year_before(self) -> None:
        found = keyed(analyzed(company(losses(2025, price=20, late=10)), "2025-12"))
        assert found["loss_shift_year"].verdict == "not_enough_data"
        assert "nothing before" in found["loss_shift_year"].sentence

    def test_reasons_on_deals_that_are_not_lost_are_counted(self) -> None:
        tables = company([*losses(2025, price=12, late=3), ("2025-05-05", "won", None)])
        tables["deals"].loc[15, "loss_reason"] = "price"
        result = analyzed(tables)
        assert result.loss_reasons["deals"].sum() == 15
        found = keyed(result)["misplaced"]
        assert found.n == 1
        assert found.sentence.startswith("1 deal that is not lost carries a reason for losing (“price”)")

    def test_reasons_without_department_are_named_with_the_line_to_add(self) -> None:
        rows = losses(2025, price=10, **{"too big, too late": 6})
        result = analyzed({**company(rows), "reasons": REASONS})
        said = next(said for said in result.left_out if said.startswith("Departments"))
        assert "1 reason without one, “too big, too late”" in said
        assert '"too big, too late",loss,sales' in said
        assert result.departments["department"].tolist() == ["sales", "(no department)"]

    def test_without_a_table_of_reasons(self) -> None:
        result = analyzed(company(losses(2025, price=10)))
        assert result.departments.empty
        assert any("no table reasons" in said for said in result.left_out)

    def test_without_amounts(self) -> None:
        result = analyzed(company(losses(2025, price=10, late=5), amount=np.nan))
        assert result.loss_reasons["amount"].isna().all()
        assert "lost_amount" not in {tile.key for tile in result.tiles}
        assert any(said.startswith("Money") for said in result.left_out)

    def test_no_reasons_at_all(self) -> None:
        tables = company(losses(2025, price=10))
        result = analyzed({"deals": tables["deals"].drop(columns=["loss_reason", "win_reason"])})
        assert keyed(result)["no_reasons"].verdict == "not_enough_data"
        assert result.loss_reasons.empty
        assert {"reason", "share", "verdict"} <= set(result.loss_reasons.columns)


EDGES: dict[str, tuple[list[Row], str]] = {
    "one lost": ([("2025-06-05", "lost", "price")], "2025-06"),
    "one won": ([("2025-06-05", "won", "price")], "2025-06"),
    "one lost without a reason": ([("2025-06-05", "lost", None)], "2025-06"),
    "all lost": (losses(2024, price=9, late=9) + losses(2025, price=9, late=9), "2025-06"),
    "nothing in the period": ([*losses(2024, price=9), ("2025-08-01", "won", "late")], "2025-06"),
    "one reason for all": (losses(2024, price=30) + losses(2025, price=30), "2025"),
    "only other": (losses(2024, other=30) + losses(2025, Other=30), "2025"),
    "blank texts": ([(day, "lost", " ") for day in days(2025, 20)], "2025"),
    "odd names": (losses(2025, **{"{x} <b>\n": 9, "ё" * 200: 9, "$5": 9}), "2025"),
    "a week": (losses(2024, price=40, late=30) + losses(2025, price=40, late=30), "2025-W20"),
}


@pytest.mark.parametrize("name", EDGES)
def test_edges(name: str) -> None:
    rows, period = EDGES[name]
    result = analyzed(company(rows, owner="Ann"), period)
    said = " ".join([*(f.sentence for f in result.findings), *result.left_out])
    assert result.findings
    assert "nan" not in said.lower().replace("finance", "")
    assert "{" not in said.replace("{x}", "")
    for frame in result.tables().values():
        assert "object" not in set(map(str, frame.dtypes))
    lost = result.reasons_year[result.reasons_year["outcome"] == "lost"]
    assert result.discipline["deals"].sum() == lost["deals"].sum()


def test_empty_tables_have_their_columns() -> None:
    full = analyzed(company(losses(2024, price=9, late=9) + losses(2025, price=9, late=9), owner="Ann"))
    empty = analyzed(company([("2025-06-05", "won", "price")]), "2025-06")
    for name, frame in full.tables().items():
        assert list(frame.columns) == list(empty.tables()[name].columns), name


class TestSpellings:
    def test_all_pairs_that_are_the_same_are_found_among_many(self) -> None:
        """The search leaves out pairs that cannot be the same; comparing every pair finds no other."""
        draw = np.random.Generator(np.random.PCG64(8))
        texts = ["Delivery time too long", "price, too high", "too long a time", "lost to a competitor", "-"]
        known: dict[str, int] = {text: 100 - at for at, text in enumerate(texts)}
        for at in range(300):
            signs = list(texts[at % len(texts)])
            place = int(draw.integers(0, len(signs)))
            signs[place] = str(draw.choice([signs[place].upper(), "", signs[place] * 2, "x", " ", "."]))
            known.setdefault("".join(signs).strip() or "?", 1 + at % 3)
        keys = {text: " ".join(_words(text)) for text in known}
        found = {row["reason"]: row["like"] for row in _look(known)}
        order = sorted(known, key=lambda text: (bool(correct(text)[1]), -known[text], text))
        plain: dict[str, str] = {}
        for at, text in enumerate(order):
            for kept in order[:at]:
                alike = fuzz.token_sort_ratio(keys[text], keys[kept]) >= _ALIKE
                if alike and kept not in plain and compare(text, kept):
                    plain[text] = kept
                    break
        assert {text: like for text, like in found.items() if like in known} == plain
        assert len(plain) > 80

    @pytest.mark.parametrize(
        ("one", "other", "why", "word"),
        [
            ("price too high", "Price too high", "case", ""),
            ("Price  too high", "Price too high", "blanks", ""),
            ("time out", "timeout", "blanks", ""),
            ("High price", "Price high", "word order", ""),
            ("Price, too high", "Price too high", "punctuation", ""),
            ("Delivry time", "Delivery time", "typo", "delivry"),
            ("Stoped communicating", "Stopped communicating", "typo", "stoped"),
            ("Цена высокaя", "Цена высокая", "typo", "высокaя"),  # the last but one letter is Latin
        ],
    )
    def test_the_same_in_other_letters(self, one: str, other: str, why: str, word: str) -> None:
        same = compare(one, other)
        assert same is not None
        assert (same.why, same.word) == (why, word)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("too large", "too small"),
            ("No budget this year", "No budget next year"),
            ("2023 budget", "2024 budget"),
            ("Quality", "Quantity"),
            ("Lost contact", "Lost contract"),
            ("legal", "illegal"),
            ("with discount", "without discount"),
            ("Decision maker", "No decision maker"),
            ("Competitor has better product", "Competitor has better price"),
            ("Too late", "Too early"),
        ],
    )
    def test_different_reasons_stay_apart(self, one: str, other: str) -> None:
        assert compare(one, other) is None

    @pytest.mark.parametrize(
        ("wrong", "right"),
        [
            ("desicion", "decision"),
            ("Costumer", "Customer"),
            ("COMUNICATION", "COMMUNICATION"),
            ("chanel", "channel"),
        ],
    )
    def test_misspelt_words_of_the_field(self, wrong: str, right: str) -> None:
        assert correct(f"a {wrong} b") == (f"a {right} b", wrong)

    def test_the_rarer_one_is_to_be_mended(self) -> None:
        result = analyzed(company(losses(2025, **{"Too dear": 9, "too dear": 2, "late": 5})))
        row = result.spellings.iloc[0]
        assert (row["reason"], row["like"], row["deals"], row["like_deals"]) == ("too dear", "Too dear", 2, 9)
        assert len(result.spellings) == 1

    def test_the_misspelt_one_is_to_be_mended_though_it_is_frequent(self) -> None:
        result = analyzed(company(losses(2025, **{"no desicion": 9, "no decision": 2})))
        assert result.spellings[["reason", "like"]].to_numpy().tolist() == [["no desicion", "no decision"]]

    @pytest.mark.parametrize("reason", ['say "no"', "back\\slash", "tab\there", "[a] = 'b' # c", "ё\u202e"])
    def test_the_line_is_valid_toml(self, reason: str) -> None:
        read = tomllib.loads(mend("loss_reason", reason, "new"))
        assert read == {"deals": {"values": {"loss_reason": {reason: "new"}}}}

    def test_the_page_shows_the_line_as_it_must_be_copied(self) -> None:
        result = analyzed(company(losses(2025, **{'Too "dear"': 9, 'too "dear"': 2, "late": 5})))
        shown = crm.table(result, "spellings", "Spellings", columns=["reason", "mend"])._repr_html_()
        cell = BeautifulSoup(shown, "html.parser").select_one("td.code")
        assert cell is not None
        assert tomllib.loads(cell.text) == {
            "deals": {"values": {"loss_reason": {'too "dear"': 'Too "dear"'}}}
        }

    def test_a_caption_names_the_year_of_the_result(self) -> None:
        result = analyzed(company(losses(2025, price=9)))
        shown = crm.table(result, "loss_reasons", "Reasons for losing in {year}")._repr_html_()
        assert result.year
        assert f"<caption>Reasons for losing in {result.year}</caption>" in shown
        assert "{brace}" in crm.table(result, "loss_reasons", "A {brace}")._repr_html_()

    def test_the_line_mends_it(self, tmp_path: Path) -> None:
        tables = company(losses(2025, **{'Too "dear"': 9, 'too "dear"': 2, "late": 5}))
        tables["deals"].to_csv(tmp_path / "deals.csv", index=False)
        line = analyzed(tables).spellings["mend"].iloc[0]
        (tmp_path / "crm.toml").write_text(f'[deals]\nfile = "deals.csv"\n{line}\n', encoding="utf-8")
        result = crm.deal_reasons.analyze(crm.load(tmp_path).view("2025"))
        assert result.spellings.empty
        assert result.loss_reasons["deals"].tolist() == [11, 5]

    def test_pairs_do_not_chain(self) -> None:
        for one, other in itertools.permutations(["Delivery", "delivery", "DELIVERY"], 2):
            same = compare(one, other)
            assert same is not None
            assert same.why == "case"
        result = analyzed(company(losses(2025, Delivery=5, delivery=3, DELIVERY=2)))
        assert result.spellings["like"].tolist() == ["Delivery", "Delivery"]

    def test_free_text_is_not_compared_and_the_page_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        reasons = losses(2025, **{"Delivery time": 5, "delivery time": 5, "Price": 5})
        told = "Spellings: loss_reason holds 3 different texts, too many to be a list of reasons"
        few = analyzed(company(reasons))
        assert few.spellings["why"].tolist() == ["case"]
        assert not any(told in said for said in few.left_out)
        monkeypatch.setattr("crm_analysis.analyses._reasons.spellings.MOST_REASONS", 2)
        many = analyzed(company(reasons))
        assert many.spellings.empty
        assert any(told in said for said in many.left_out)


class TestRussian:
    """Answers on small data, which the demo company has none of."""

    #: Names of columns and tables, and what to type.
    CODES = re.compile(r"loss_reason|win_reason|crm\.toml|reasons|reason,kind,department|,(?:loss|win),sales")

    def said(self, rows: list[Row], period: str = "2025") -> list[str]:
        tables = company(rows)
        result = crm.deal_reasons.analyze(crm.load(tables).view(period, language="ru"))
        shown = [*(finding.sentence for finding in result.findings), *result.left_out]
        return [self.CODES.sub("", text) for text in (*shown, *(tile.label for tile in result.tiles))]

    @pytest.mark.parametrize(
        ("rows", "period"),
        [
            (losses(2025, Дорого=9, дорого=2, Долго=5), "2025"),
            (losses(2024, Дорого=30, Долго=5) + losses(2025, Дорого=9, Долго=40, Срок=3), "2025"),
            (losses(2024, Дорого=30, _=25) + losses(2025, Дорого=9, _=40), "2025-12"),
            ([(day, "won", "Цена") for day in days(2025, 40)], "2025"),
            ([(day, "won", None) for day in days(2025, 40)] + losses(2025, Дорого=30), "2025-06"),
        ],
    )
    def test_all_that_is_said_is_russian(self, rows: list[Row], period: str) -> None:
        texts = self.said(rows, period)
        assert texts
        latin = [text for text in texts if re.search(r"[A-Za-z]{2,}", text)]
        assert latin == []
        assert not any(".." in text or "  " in text for text in texts)

    def test_counts_and_cases(self) -> None:
        first = self.said(losses(2025, Дорого=9, дорого=2, Долго=5))[0]
        assert re.sub(r"\s", " ", first) == (
            "Проиграно за 12 месяцев по 31 декабря 2025 г.: 16 сделок, сумма 1 600; самые частые причины: "
            "«Дорого» (9), «Долго» (5) и «дорого» (2)."
        )
