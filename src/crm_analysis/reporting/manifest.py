"""The manifest of a period: what it was made from and what came of it.

Everything in it follows from the input, except what stands under ``times``. Times stand nowhere else.
"""

from __future__ import annotations

import hashlib
import json
import platform
from functools import cache
from typing import TYPE_CHECKING, Any

import crm_analysis
from crm_analysis.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from crm_analysis.reporting.parameters import Value
    from crm_analysis.view import PeriodView

NAME = "manifest.json"
FINDINGS = "findings.json"
_PACKAGES = (
    "duckdb", "ibis-framework", "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "scipy", "seaborn",
    "statsmodels",
)  # fmt: skip
_UNPUBLISHED = ("money",)
#: The record of a notebook that saves no result.
NOTHING_SAVED: dict[str, Any] = {"findings": [], "tiles": [], "left_out": []}


def read_json(path: Path) -> Any:
    """Read a file of an earlier run; None where there is none or it is damaged, so that it is made anew."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def write_json(path: Path, content: object) -> None:
    """Write plain values the one way."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@cache
def versions() -> dict[str, str]:
    """Return the versions that decide the figures."""
    from importlib.metadata import version

    packages = {name: version(name) for name in _PACKAGES}
    return {"crm-analysis": crm_analysis.__version__, "python": platform.python_version(), **packages}


def digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Hash files of a folder, by their names in it."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(names)}


def intact(folder: Path, files: Mapping[str, str]) -> bool:
    """Say whether files still are as they were published."""
    return all((folder / name).is_file() for name in files) and digests(folder, files) == dict(files)


def describe_period(view: PeriodView, parameters: Mapping[str, Value], data: str) -> dict[str, Any]:
    """Return what the manifest says of the period and its data."""
    header, context, period = view.header, view.context, view.period
    return {
        "period": period.text,
        "kind": period.kind,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "title": header.title,
        "language": context.words.language,
        "currency": context.words.currency,
        "covered": context.covered.text,
        "comparison": context.comparison.text if context.comparison else None,
        "notes": list(context.notes),
        "parameters": {**parameters, "period": period.text, "data": data},
        "data": {
            "label": view.dataset.source.label,
            "fingerprint": header.fingerprint,
            "rows": header.rows.to_dict("records"),
        },
        "versions": versions(),
    }


def of_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the manifest keeps of a saved result beside its findings."""
    return {
        "tiles": record["tiles"],
        "left_out": record["left_out"],
        "money": [finding["money"] for finding in record["findings"]],
    }


def to_record(stem: str, entry: Mapping[str, Any], findings: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Make the saved result of an earlier run again, from the manifest and the published findings."""
    mine = [finding for finding in findings if finding["analysis"] == stem]
    if len(mine) != len(entry["money"]):
        raise ReportError(
            f"{FINDINGS} and {NAME} do not fit each other for {stem}.",
            "Both are written by one run.",
            "Run again without --only.",
        )
    return {
        "stem": stem,
        "findings": [{**f, "money": money} for f, money in zip(mine, entry["money"], strict=True)],
        "tiles": entry["tiles"],
        "left_out": entry["left_out"],
    }


def published_findings(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the findings of results with the published fields only."""
    return [
        {name: value for name, value in finding.items() if name not in _UNPUBLISHED}
        for record in records
        for finding in record["findings"]
    ]
