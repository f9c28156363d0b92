"""A report for March made on 1 April and one made half a year later are the same, byte for byte.

The first is made by cold kernels, the second by forked ones, which must make no difference either.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from crm_analysis.demo import write_demo
from crm_analysis.reporting.notebooks import discover
from tests.reporting.conftest import COLD, COMMAND

END = pd.Timestamp("2026-04-01")
#: When a row came to be known.
KNOWN_AT = {
    "deals": "created_at",
    "stage_history": "entered_at",
    "sales": "sold_at",
    "marketing_costs": "spent_on",
    "touches": "touched_at",
}


def times(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column.where(column != ""), format="mixed")


def as_known(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables as they stood on the day: later rows absent, later outcomes not yet known."""
    known = dict(tables)
    for name, column in KNOWN_AT.items():
        moment = times(known[name][column])
        known[name] = known[name][(moment < END) | moment.isna()].copy()
    bought = {*known["sales"]["customer_id"], *known["deals"]["customer_id"]}
    clients = known["customers"]
    known["customers"] = clients[(times(clients["created_at"]) < END) | clients["customer_id"].isin(bought)]
    deals = known["deals"]
    later = times(deals["closed_at"]) >= END
    deals.loc[later, ["closed_at", "win_reason", "loss_reason"]] = ""
    deals.loc[later, "status"] = "open"
    last_stage = known["stage_history"].sort_values("entered_at").groupby("deal_id")["stage"].last()
    deals.loc[later, "stage"] = deals.loc[later, "deal_id"].map(last_stage)
    activities = known["activities"].copy()
    activities.loc[times(activities["done_at"]) >= END, "done_at"] = ""
    return known | {"activities": activities}


@pytest.fixture(scope="module")
def reports(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The reports of March 2026: from the data of 1 April, cold, and from all data, forked."""
    made = []
    whole = tmp_path_factory.mktemp("whole")
    write_demo(whole, deals=600)
    for name, change, first in (("then", as_known, COLD), ("now", dict, "pass")):
        place = tmp_path_factory.mktemp(name)
        (place / "demo").mkdir()
        shutil.copytree(root / "notebooks", place / "notebooks")
        tables = {
            path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in whole.glob("*.csv")
        }
        for table, frame in change(tables).items():
            frame.to_csv(place / "demo" / f"{table}.csv", index=False)
        command = [sys.executable, "-c", COMMAND.format(first=first), "report", "2026-03", "--data", "demo"]
        subprocess.run(command, cwd=place, check=True, capture_output=True)
        made.append(place / "reports" / "2026-03")
    return made


def test_the_data_of_then_are_fewer(reports: list[Path]) -> None:
    then, now = (report.parents[1] / "demo" for report in reports)
    assert (then / "sales.csv").stat().st_size < 0.95 * (now / "sales.csv").stat().st_size
    states = [pd.read_csv(folder / "deals.csv").set_index("deal_id")["status"] for folder in (then, now)]
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
