"""Runs that are stopped, as tests ask for them: they are forks of the script ``stoppable``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.reporting.conftest import Project


class Runs:
    """Runs of a project, which are forks of a script so that they can be stopped anywhere."""

    def __init__(self, script: subprocess.Popen[str], project: Project) -> None:
        self._script, self.project, self.out = script, project, project.reports

    @property
    def period(self) -> Path:
        return self.out / "2026-02"

    def asked(self, version: str, *more: str, **how: Any) -> dict[str, Any]:
        arguments = ["report", how.pop("periods", "2026-02"), "--data", "data", "--out", str(self.out), *more]
        usual = {"fail": [], "two_steps": False, "stop": 0, "most_bytes": 0, "slow": 0, "kernels": None}
        forced = ["--force"] if how.pop("force", True) else []
        folder = str(self.project.folder)
        return {"folder": folder, "arguments": [*arguments, *forced], "version": version, **usual, **how}

    def begin(self, *asked: dict[str, Any]) -> list[int]:
        print(json.dumps(asked), file=self._script.stdin, flush=True)
        processes: list[int] = json.loads(self._script.stdout.readline())
        return processes

    def codes(self) -> list[int]:
        return list(json.loads(self._script.stdout.readline()))

    def make(self, version: str, **how: Any) -> int:
        self.begin(self.asked(version, **how))
        return self.codes()[0]

    def told(self, version: str) -> str:
        return (self.project.folder / f"{version}.stderr").read_text()

    def steps(self, version: str) -> int:
        return int((self.project.folder / f"{version}.steps").read_text())
