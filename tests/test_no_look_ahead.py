"""A report for October made on 1 November and one made half a year later are the same, byte for byte.

The first is that of the demo company, made by forked kernels; the second is made by cold ones, which must
make no difference either.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from crm_analysis.reporting.notebooks import discover
from tests.reporting.conftest import COLD, COMMAND

if TYPE_CHECKING:
    from collections.abc import Callable

MONTH, END = "2026-10", "2026-11-01"
#: Half a year, in which the half year before happens once more.
LATER = pd.Timedelta(days=182)
SINCE = str(pd.Timestamp(END) - LATER)
#: When a row came to be known.
KNOWN_AT = {
    "customers": "created_at",
    "deals": "created_at",
    "stage_history": "entered_at",
    "activities": "done_at",
    "sales": "sold_at",
    "marketing_costs": "spent_on",
    "touches": "touched_at",
}


def moved(times: pd.Series) -> pd.Series:
    """Write moments half a year later, as they were written."""
    later = pd.to_datetime(times.where(times != ""), format="mixed") + LATER
    written = "%Y-%m-%d" if times.str.len().max() == len(END) else "%Y-%m-%d %H:%M"
    return later.dt.strftime(written).fillna("")


def come_since(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the rows that came after the day: those of the half year before, of new clients and deals."""
    came = {name: tables[name].loc[tables[name][column] >= SINCE].copy() for name, column in KNOWN_AT.items()}
    new = {key: set(came[table][key]) for table, key in (("customers", "customer_id"), ("deals", "deal_id"))}
    for rows in came.values():
        for key in {"customer_id", "deal_id", "sale_id", "activity_id"} & {*rows}:
            fresh = rows[key].isin(new[key]) if key in new else rows[key] != ""
            rows[key] = rows[key].where(~fresh, rows[key] + "-later")
        for name in [name for name in rows if name.endswith(("_at", "_on"))]:
            rows[name] = moved(rows[name])
    came["activities"]["due_at"] = ""  # when a plan was made is not on record
    return came


def half_a_year_on(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables as they stand half a year later: what was open or planned then has ended."""
    came = come_since(tables)
    now = {name: pd.concat([tables[name], came[name]], ignore_index=True) for name in came}
    deals, activities = now["deals"], now["activities"]
    ended = deals["status"].eq("open") & deals["created_at"].between("2", END)  # one without a day stays open
    won = ended & (deals.index % 2 == 0)
    deals.loc[ended, ["status", "stage", "closed_at"]] = "lost", "Contract", "2026-11-20 12:00"
    deals.loc[won, "status"] = "won"
    deals.loc[won, "win_reason"], deals.loc[ended & ~won, "loss_reason"] = "Quality", "Price too high"
    entered = pd.DataFrame(
        {"deal_id": deals.loc[ended, "deal_id"], "stage": "Contract", "entered_at": END + " 09:30"}
    )
    now["stage_history"] = pd.concat([now["stage_history"], entered], ignore_index=True)
    activities.loc[activities["done_at"] == "", "done_at"] = "2026-11-25 12:00"
    return tables | now


@pytest.fixture(scope="module")
def reports(demo_reports: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The reports of October 2026: from the data of 1 November, forked, and from those of May, cold."""
    then, now = demo_reports("en").parent, tmp_path_factory.mktemp("half-a-year-on") / "project"
    shutil.copytree(then, now, ignore=shutil.ignore_patterns("reports", ".*"))
    tables = {
        path.stem: pd.read_csv(path, dtype=str, keep_default_na=False)
        for path in (then / "data/demo").glob("*.csv")
    }
    for table, frame in half_a_year_on(tables).items():
        frame.to_csv(now / "data/demo" / f"{table}.csv", index=False)
    command = [sys.executable, "-c", COMMAND.format(first=COLD), "report", MONTH, "--data", "data/demo"]
    subprocess.run(command, cwd=now, check=True, capture_output=True)
    return [project / "reports" / MONTH for project in (then, now)]


def test_the_data_of_then_are_fewer(reports: list[Path]) -> None:
    tables = [
        {path.stem: pd.read_csv(path, dtype=str) for path in (report.parents[1] / "data/demo").glob("*.csv")}
        for report in reports
    ]
    for name in KNOWN_AT:
        then, now = (len(of[name]) for of in tables)
        assert then < 0.98 * now, name
    states = [of["deals"].set_index("deal_id")["status"] for of in tables]
    assert (states[0] != states[1].reindex(states[0].index)).sum() > 10


def test_every_file_is_the_same(root: Path, reports: list[Path]) -> None:
    then, now = reports
    names = sorted(path.relative_to(then) for path in then.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(now) for path in now.rglob("*") if path.is_file())
    pages = {Path(notebook.stem + ".html") for notebook in discover(root / "notebooks")}
    assert pages - {Path("summary.html")} < set(names)
    different = [name for name in names if (then / name).read_bytes() != (now / name).read_bytes()]
    assert [str(name) for name in different] in ([], ["manifest.json"])


def test_of_the_manifest_only_the_times_differ(reports: list[Path]) -> None:
    then, now = (json.loads((report / "manifest.json").read_text()) for report in reports)
    then.pop("times")
    now.pop("times")
    assert then == now
