"""How long it takes to open a company's data, beside reading the same files with pandas.

    python benchmarks/load.py [--deals 100000]

Prints seconds and the ratio to pandas, which reads the files but checks, maps and counts nothing. Each
figure is a process of its own, imports left out.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from crm_analysis.demo import write_demo

PANDAS = """
import time, pathlib, pandas as pd
start = time.perf_counter()
rows = sum(len(pd.read_csv(path, dtype=str)) for path in pathlib.Path({folder!r}).glob("*.csv"))
print(time.perf_counter() - start, rows)
"""
OURS = """
import time, crm_analysis as crm, crm_analysis.dataset
start = time.perf_counter()
data = crm.load({folder!r})
print(time.perf_counter() - start, int(data.audit.tables["read"].sum()))
"""
VIEW = """
import time, crm_analysis as crm, crm_analysis.dataset
start = time.perf_counter()
view = crm.load({folder!r}).view("2026-10")
print(time.perf_counter() - start, view.header.kept)
"""


def measure(code: str, folder: Path, runs: int) -> tuple[float, int]:
    """Return the median of the seconds that processes of their own report, and the rows they saw."""
    command = [sys.executable, "-W", "ignore", "-c", code.format(folder=str(folder))]
    outputs = [
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        for _ in range(runs)
    ]
    return median(float(seconds) for seconds, _ in outputs), int(outputs[0][1])


def main() -> None:
    """Write a company, open it in each way, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deals", type=int, default=100_000)
    deals = parser.parse_args().deals
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "company"
        write_demo(folder, deals=deals)
        pandas, rows = measure(PANDAS, folder, 3)
        first, _ = measure(OURS, folder, 1)
        again, _ = measure(OURS, folder, 5)
        view, _ = measure(VIEW, folder, 5)
    print(f"{rows:,} rows in 12 CSV files")
    print(f"{'':34}{'seconds':>9}{'/ pandas':>10}")
    for name, seconds in (
        ("pandas.read_csv, as text", pandas),
        ("first load: read, check, count", first),
        ("second load", again),
        ("second load, and a view", view),
    ):
        print(f"{name:34}{seconds:9.2f}{seconds / pandas:10.2f}")


if __name__ == "__main__":
    main()
