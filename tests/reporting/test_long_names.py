"""Pages of a company of many stages and owners with long names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests import long_names
from tests.reporting.conftest import Project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.usefixtures("_warm")
def test_many_stages_and_owners_with_long_names_make_no_heavy_page(root: Path, tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "reports"
    data.mkdir()
    for name, frame in long_names.frames().items():
        frame.to_csv(data / f"{name}.csv", index=False)
    asked = ["2026-10", "--only", "open_deals", "--data", str(data), "--out", str(out), "--lang", "ru"]
    done = Project(root).command("report", *asked)
    assert done.exit_code == 0, done.output
    page = out / "2026-10" / "open_deals.html"
    # letters that are no Latin ones take two bytes
    assert page.stat().st_size < 500_000
    text = page.read_text(encoding="utf-8")
    assert long_names.long("этап", 0) in text
    assert long_names.long("ответственный", 0) in text
