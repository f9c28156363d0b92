"""What must not matter to segments, marketing and reasons (the year, names), and what must (more deals)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import crm_analysis as crm
from crm_analysis.demo import write_demo

if TYPE_CHECKING:
    from collections.abc import Callable

    Tables = dict[str, pd.DataFrame]

pytestmark = pytest.mark.filterwarnings("ignore::crm_analysis.errors.DataWarning")

STEMS = ("customer_segments", "marketing_impact", "deal_reasons")
#: After so many years every day has its weekday again, and every month its length.
YEARS = 28
NAMED = ("customer_id", "name", "owner", "channel")
#: Figures that rest on draws, or on the order in which units are drawn.
DRAWN = r"(?:^|_)(?:low|high)$|p_value|p_adjusted|strength|chance|needed|interval_width|^white_spot$"
#: Tables all of whose figures rest on formulas.
NOT_DRAWN = ("drivers", "fit")
#: What sums and fits in another order may differ by.
EXACT = 1e-9
#: What the rows of a table are of.
KEYS = ("dimension", "segment", "channel", "reason", "department", "factor", "level")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Return the tables of a small company, with days as days."""
    folder = tmp_path_factory.mktemp("company")
    write_demo(folder, seed=3, deals=900)
    read = {path.stem: pd.read_csv(path, dtype={"period": str}) for path in sorted(folder.glob("*.csv"))}
    for frame in read.values():
        for name in frame.columns:
            if name.endswith(("_at", "_on")):
                frame[name] = pd.to_datetime(frame[name])
    return read


def analyzed(tables: Tables, period: str = "2026-10", stems: tuple[str, ...] = STEMS) -> dict[str, Tables]:
    view = crm.load(tables).view(period)
    return {stem: getattr(crm, stem).analyze(view).tables() for stem in stems}


@pytest.fixture(scope="module")
def plain(tables: Tables) -> dict[str, Tables]:
    return analyzed(tables)


def by_key(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort by what a row is of, because equal figures are listed by name."""
    keys = [name for name in frame.columns if frame[name].dtype == "str" or name in ("month", "first_day")]
    return frame.sort_values(keys, kind="stable", ignore_index=True)


def mapped(tables: Tables, change: Callable[[str, pd.DataFrame], pd.DataFrame]) -> Tables:
    return {name: change(name, frame.copy()) for name, frame in tables.items()}


def test_the_same_company_another_year_has_the_same_figures(tables: Tables, plain: dict[str, Tables]) -> None:
    back = pd.DateOffset(years=YEARS)

    def moved(_: str, frame: pd.DataFrame) -> pd.DataFrame:
        for name in frame.columns:
            if frame[name].dtype.kind == "M":
                frame[name] = frame[name] - back
        if "period" in frame.columns:
            frame["period"] = [str(int(text[:4]) - YEARS) + text[4:] for text in frame["period"]]
        return frame

    then = analyzed(mapped(tables, moved), f"{2026 - YEARS}-10")
    for stem, frames in plain.items():
        for name, frame in frames.items():
            days = [column for column in frame.columns if frame[column].dtype.kind == "M"]
            expected = frame.assign(**{column: frame[column] - back for column in days})
            pd.testing.assert_frame_equal(then[stem][name], expected, check_dtype=False, obj=f"{stem}.{name}")
        assert any(len(frame) for frame in then[stem].values())


def test_other_names_are_other_names_and_nothing_else(tables: Tables, plain: dict[str, Tables]) -> None:
    held = {
        kind: sorted({str(v) for f in tables.values() if kind in f for v in f[kind].dropna()})
        for kind in NAMED
    }
    # the last becomes the first, so that nothing rests on the order of the names
    other = {kind: dict(zip(names, names[::-1], strict=True)) for kind, names in held.items()}
    renamed = mapped(
        tables,
        lambda _, frame: frame.assign(
            **{k: frame[k].map(other[k], na_action="ignore") for k in NAMED if k in frame}
        ),
    )
    then = analyzed(renamed)
    both = {**other["owner"], **other["channel"]}
    for stem, name, frame in ((s, n, f) for s, frames in plain.items() for n, f in frames.items()):
        texts = [column for column in frame.columns if frame[column].dtype == "str"]
        expected = frame.assign(**{column: frame[column].replace(both) for column in texts})
        drawn = [] if name in NOT_DRAWN else [*frame.columns[frame.columns.str.contains(DRAWN)], "verdict"]
        exact = [column for column in frame.columns if column not in drawn]
        pd.testing.assert_frame_equal(
            by_key(then[stem][name][exact]),
            by_key(expected[exact]),
            rtol=EXACT,
            check_dtype=False,
            obj=f"{stem}.{name}",
        )


def test_won_and_lost_swapped_turn_the_odds_round(tables: Tables, plain: dict[str, Tables]) -> None:
    turned = {"won": "lost", "lost": "won"}
    swapped = mapped(
        tables,
        lambda name, frame: (
            frame.assign(status=frame["status"].replace(turned)) if name == "deals" else frame
        ),
    )
    ours = plain["deal_reasons"]["drivers"].set_index(["factor", "level"])
    theirs = (
        analyzed(swapped, stems=("deal_reasons",))["deal_reasons"]["drivers"]
        .set_index(["factor", "level"])
        .loc[ours.index]
    )
    assert ours["odds_ratio"].notna().sum() > 5
    for one, other in (("odds_ratio", "odds_ratio"), ("low", "high"), ("high", "low")):
        np.testing.assert_allclose(
            ours[one] * theirs[other], np.where(ours[one].notna(), 1.0, np.nan), rtol=1e-4
        )
    np.testing.assert_allclose(ours["won"] + theirs["won"], ours["deals"])
    np.testing.assert_allclose(ours["p_value"], theirs["p_value"], atol=1e-4)


@pytest.fixture(scope="module")
def doubled(tables: Tables) -> dict[str, Tables]:
    """Analyze the company beside its twin: each customer, deal and order twice, each cost twice."""

    def twice(name: str, frame: pd.DataFrame) -> pd.DataFrame:
        if name in ("owners", "products", "reasons", "stages", "targets"):
            return frame
        twin = frame.copy()
        for column in ("customer_id", "deal_id", "sale_id", "activity_id"):
            if column in twin.columns:
                twin[column] = twin[column].map(lambda value: f"{value}b", na_action="ignore")
        return pd.concat([frame, twin], ignore_index=True)

    return analyzed(mapped(tables, twice))


@pytest.mark.parametrize(
    ("stem", "table", "share", "ends"),
    [
        ("deal_reasons", "loss_reasons", "share", ("low", "high")),
        ("deal_reasons", "departments_year", "share", ("low", "high")),
        ("deal_reasons", "drivers", "win_rate", ("low", "high")),
        ("marketing_impact", "channels", "win_rate", ("win_low", "win_high")),
        ("marketing_impact", "channels", "return_on_spend", ("return_low", "return_high")),
        ("customer_segments", "segments", "revenue_share", ("win_low", "win_high")),
    ],
)
def test_twice_the_deals_leave_the_shares_and_make_the_ranges_narrower(
    doubled: dict[str, Tables],
    plain: dict[str, Tables],
    stem: str,
    table: str,
    share: str,
    ends: tuple[str, str],
) -> None:
    keys = [name for name in plain[stem][table].columns if name in KEYS]
    one, two = (frame.set_index(keys) for frame in (plain[stem][table], doubled[stem][table]))
    both = one.index.intersection(two.index)
    assert len(both) >= 5
    one, two = one.loc[both], two.loc[both]
    np.testing.assert_allclose(two[share], one[share], rtol=1e-6)
    width, narrower = ((frame[ends[1]] - frame[ends[0]]).dropna() for frame in (one, two))
    narrower = narrower.reindex(width.index)
    assert (narrower[width > 1e-9] < width[width > 1e-9]).mean() > 0.9
    assert narrower.sum() < width.sum()
