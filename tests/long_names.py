"""A company of many stages, owners and clients with the longest names that people give."""

from __future__ import annotations

import numpy as np
import pandas as pd

MANY = 30


def long(what: str, number: int) -> str:
    """Return a name of eighty Cyrillic letters, each unlike the others from its beginning on."""
    return (f"{number + 1:02d} {what} " + 4 * "Щукинский отдел продаж ")[:80]


def frames(deals: int = 3000, *, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Return deals of three years to October 2026 that go through thirty stages, some not to the end."""
    draw = np.random.Generator(np.random.PCG64(seed))
    end = pd.Timestamp("2026-11-01")
    stages = [long("этап", at) for at in range(MANY)]
    owners = [long("ответственный", at) for at in range(MANY)]
    created = pd.Timestamp("2023-11-01") + pd.to_timedelta(np.sort(draw.uniform(0, 1096, deals)), unit="D")
    rows, entries, acts = [], [], []
    for number, begins in enumerate(created.floor("s")):
        furthest = MANY if draw.random() < 0.4 else int(draw.integers(1, MANY))
        moments = begins + pd.to_timedelta(np.cumsum(draw.exponential(2.5, furthest)), unit="D").floor("s")
        stuck = draw.random() < 0.05
        decided = not stuck and moments[-1] < end
        won = decided and furthest == MANY
        name, entered = f"D{number:04d}", [begins, *moments[:-1]]
        entries += [(name, stages[at], moment) for at, moment in enumerate(entered) if moment < end]
        at = sum(moment < end for moment in entered) - 1
        owner = owners[int(draw.integers(MANY))]
        rows.append(
            (
                name,
                f"C{number % 300}",
                owner,
                "won" if won else "lost" if decided else "open",
                stages[at],
                float(np.round(1000 * draw.lognormal(1, 1), 2)),
                begins,
                moments[-1] if decided else pd.NaT,
                begins + pd.Timedelta(days=60),
            )
        )
        kind = ("call", "mail", "meeting")[number % 3]
        acts.append((f"A{number}", name, owner, kind, begins, begins if number % 2 else pd.NaT))
    return {
        "deals": pd.DataFrame(
            rows,
            columns=[
                "deal_id",
                "customer_id",
                "owner",
                "status",
                "stage",
                "amount",
                "created_at",
                "closed_at",
                "expected_close_on",
            ],
        ),
        "stage_history": pd.DataFrame(entries, columns=["deal_id", "stage", "entered_at"]),
        "stages": pd.DataFrame({"stage": stages, "position": range(1, MANY + 1)}),
        "activities": pd.DataFrame(
            acts, columns=["activity_id", "deal_id", "owner", "kind", "due_at", "done_at"]
        ),
        "customers": pd.DataFrame(
            {
                "customer_id": [f"C{at}" for at in range(300)],
                "name": [long("клиент", at) for at in range(300)],
            }
        ),
    }
