"""How many notebooks run at a time where nobody says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crm_analysis.reporting import jobs

if TYPE_CHECKING:
    from pathlib import Path

GIB = 1 << 30


@pytest.mark.parametrize(
    ("cores", "free", "expected"),
    [(2, 24 * GIB, 3), (16, 2 * GIB, 6), (16, GIB, 1), (4, 0, 1), (4, None, 5)],
    ids=["cores", "memory", "little", "none", "nobody tells"],
)
def test_one_more_than_cores_as_far_as_memory_allows_and_one_at_least(
    monkeypatch: pytest.MonkeyPatch, cores: int, free: int | None, expected: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)), raising=False)
    monkeypatch.setattr(jobs, "_free_memory", lambda: free)
    assert jobs.usual_jobs() == expected


def test_memory_is_that_of_the_machine_or_of_a_smaller_container(tmp_path: Path) -> None:
    machine = tmp_path / "meminfo"
    machine.write_text("MemTotal:       24684192 kB\nMemAvailable:   20000000 kB\n")
    assert jobs._of_machine(machine) == 20_000_000 * 1024
    assert jobs._of_machine(tmp_path / "none") is None
    (tmp_path / "memory.current").write_text("1000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert jobs._of_container(tmp_path) is None
    (tmp_path / "memory.max").write_text("5000\n")
    assert jobs._of_container(tmp_path) == 4000
