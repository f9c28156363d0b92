"""The files: the same bytes for the same arguments, small enough for git, independent blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crm_analysis.demo import Company, write_demo
from crm_analysis.demo.block import make_block
from crm_analysis.demo.cast import Cast
from crm_analysis.demo.workdays import Calendar
from crm_analysis.errors import ParameterError
from crm_analysis.schema import TABLES

if TYPE_CHECKING:
    from pathlib import Path


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def test_committed_company_is_what_the_generator_writes(root: Path, tmp_path: Path) -> None:
    write_demo(tmp_path)
    made, kept = _bytes(tmp_path), _bytes(root / "data" / "demo")
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == []


def test_committed_company_is_small(root: Path) -> None:
    assert sum(map(len, _bytes(root / "data" / "demo").values())) <= 4_000_000


def test_same_seed_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_demo(tmp_path / name, seed=seed, deals=300)
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")
    assert _bytes(tmp_path / "a")["deals.csv"] != _bytes(tmp_path / "c")["deals.csv"]


def test_writing_again_replaces_and_does_not_append(tmp_path: Path) -> None:
    write_demo(tmp_path, seed=5, deals=900)
    write_demo(tmp_path, seed=5, deals=300)
    write_demo(tmp_path / "fresh", seed=5, deals=300)
    assert _bytes(tmp_path) == _bytes(tmp_path / "fresh")


def test_a_block_does_not_depend_on_the_blocks_around_it() -> None:
    company = Company()
    calendar, cast = Calendar.of(company), Cast.of(company, 3000)
    alone = make_block(company, calendar, cast, 5, 1, 40, 40)
    for number in (0, 2):
        make_block(company, calendar, cast, 5, number, 40 * number, 40)
    again = make_block(company, calendar, cast, 5, 1, 40, 40)
    assert all(alone.tables[name].equals(again.tables[name]) for name in alone.tables)
    other = make_block(company, calendar, cast, 5, 2, 80, 40)
    shared = {
        name: set(alone.tables[name][key].to_pylist()) & set(other.tables[name][key].to_pylist())
        for name, key in (("customers", "customer_id"), ("deals", "deal_id"), ("sales", "sale_id"))
    }
    assert shared == {"customers": set(), "deals": set(), "sales": set()}


@pytest.mark.parametrize("deals", [1, 60, 9_000])
def test_any_size_can_be_written(tmp_path: Path, deals: int) -> None:
    rows = write_demo(tmp_path, seed=2, deals=deals)
    assert rows.keys() == TABLES.keys()
    assert all(
        (tmp_path / f"{name}.csv").read_text("utf-8").count("\n") == count + 1 for name, count in rows.items()
    )
    if deals >= 60:
        assert abs(rows["deals"] / deals - 1) < 0.35


@pytest.mark.parametrize(("name", "value"), [("deals", 0), ("seed", -1)])
def test_sizes_that_make_no_sense_are_refused(tmp_path: Path, name: str, value: int) -> None:
    with pytest.raises(ParameterError, match=name):
        write_demo(tmp_path, **{name: value})
