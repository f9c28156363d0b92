"""Who leaves reasons blank: how often an owner is said to stand out where all record alike.

The lost deals of a few companies stay as they are, with their clients and owners; only which of them lack a
reason is drawn anew, each deal by itself. So the test can be tried thousands of times in minutes.
"""

from __future__ import annotations

import tempfile
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pandas as pd
from truth_findings import DEALS, PERIOD

import crm_analysis as crm
from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._reasons.deals import read_deals
from crm_analysis.analyses._reasons.records import discipline
from crm_analysis.demo import Company, write_demo
from crm_analysis.errors import DataWarning

COMPANIES = 10
#: Share of the deals that say no reason, or only "other".
_UNCLEAR = 0.12


def lost_deals(seed: int) -> pd.DataFrame:
    """Make a company in which nothing differs, and return the deals lost in its last year."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        write_demo(folder, seed=seed, deals=DEALS, company=Company.without_effects())
        deals = read_deals(crm.load(folder).view(PERIOD))
    return deals.of("loss", deals.windows.year).reset_index(drop=True)


def claimed(seed: int, runs: int) -> tuple[list[bool], list[float]]:
    """Say of each run of one company whether any owner stands out, and the p-values of all owners."""
    deals, generator = lost_deals(seed), np.random.Generator(np.random.PCG64(seed))
    found, p_values = [], []
    for _ in range(runs):
        unclear = generator.random(len(deals)) < _UNCLEAR
        table = discipline(deals.assign(reason=np.where(unclear, NOT_STATED, "Price too high")))
        found.append(bool(table["verdict"].isin(["higher", "lower"]).any()))
        p_values += table["p_value"].dropna().tolist()
    return found, p_values


def alike(runs: int, seed: int, jobs: int) -> pd.DataFrame:
    """Return the share of the runs in which any owner stands out, and how often p-values are small."""
    seeds = range(seed, seed + COMPANIES)
    with ProcessPoolExecutor(jobs) as pool:
        made = list(pool.map(partial(claimed, runs=runs // COMPANIES), seeds))
    found = pd.Series([one for part, _ in made for one in part]).astype(float)
    p = np.concatenate([part for _, part in made])
    small = {f"p <= {level}": (p <= level).mean() for level in (0.01, 0.05, 0.1)}
    return pd.DataFrame([{"runs": len(found), "any": found.mean(), "error": found.sem(), **small}])
