"""How often the verdicts err, and how often they find what is there: on companies whose truth is known.

    python benchmarks/truth.py findings [--companies 200]     analyses 3, 4 and 5; one with --only
    python benchmarks/truth.py records [--runs 2000]          who leaves reasons blank, by itself
    python benchmarks/truth.py trends [--runs 2000]           the trend test of the process KPIs
    python benchmarks/truth.py decision [--companies 50]      time to decision, open deals included
    python benchmarks/truth.py forecast [--companies 40]      the forecast of open deals

Prints tables; ``--jobs`` processes work beside each other. The same seed gives the same tables.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import truth_decision  # these lie beside this script
import truth_findings
import truth_forecast
import truth_records
import truth_trends

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd


def findings(given: argparse.Namespace) -> None:
    """Print the share of claims that are untrue, and the share of planted truths that are found."""
    seeds = range(given.seed, given.seed + (given.companies or 200))
    only = given.only
    null = truth_findings.run(seeds, given.jobs, planted=False, only=only)
    show(f"{len(seeds)} companies in which nothing differs", truth_findings.untrue(null, only))
    full = truth_findings.run(seeds, given.jobs, planted=True, only=only)
    show(f"{len(seeds)} companies with effects", truth_findings.untrue(full, only))
    show("Planted truths that are found", truth_findings.found(full, only))


def records(given: argparse.Namespace) -> None:
    """Print how often an owner is said to record worse than others where all record alike."""
    show("Owners who all record alike", truth_records.alike(given.runs, given.seed, given.jobs))


def trends(given: argparse.Namespace) -> None:
    """Print false alarms and power of the trend test, in percent of the series."""
    alarms = truth_trends.false_alarms(given.runs, given.seed, given.jobs)
    power = truth_trends.power(given.runs, given.seed, given.jobs)
    for title, frame, name in (("False alarms", alarms, "alarms"), ("Trends found", power, "found")):
        table = frame.pivot_table(index=["season", "months"], columns="memory", values=name) * 100
        show(f"{title}, % of {given.runs} series; columns: autocorrelation", table.reset_index())


def decision(given: argparse.Namespace) -> None:
    """Print how far the time to decision is from the truth, with the naive mean beside it."""
    table = truth_decision.decision_time(given.companies or 50, given.seed, given.jobs)
    show("Time to decision where about 40 % of the deals are open", table)


def forecast(given: argparse.Namespace) -> None:
    """Print misses, how many ranges hold, and Brier scores of the forecast."""
    tables = truth_forecast.forecasts(given.companies or 40, given.seed, given.jobs)
    for name, table in tables.items():
        show(f"Forecast, {given.companies or 40} companies a scenario: {name}", table)


def show(title: str, frame: pd.DataFrame) -> None:
    """Print a table under its title."""
    print(f"\n{title}\n{frame.round(3).to_string(index=False)}", flush=True)


_PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "findings": findings,
    "records": records,
    "trends": trends,
    "decision": decision,
    "forecast": forecast,
}


def main() -> None:
    """Run the part that is named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=_PARTS)
    parser.add_argument("--companies", type=int, help="how many of each kind")
    parser.add_argument("--only", default="", help="an analysis or a family of tests (findings)")
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    _PARTS[given.part](given)


if __name__ == "__main__":
    main()
