"""A company of a few rows, small enough to check by hand; shared by the tests of the core."""

from __future__ import annotations

import pandas as pd


def frames() -> dict[str, pd.DataFrame]:
    """Return the tables: January is whole, February is known up to its last day, March has begun."""
    at = pd.Timestamp
    days = pd.date_range("2025-12-01", "2026-03-10", freq="D")
    weekdays = days[days.day_of_week < 5]
    sales = pd.DataFrame(
        {
            "sale_id": [f"S{i}" for i in range(len(weekdays))],
            "customer_id": [f"C{i % 3}" for i in range(len(weekdays))],
            "sold_at": weekdays,
            "amount": 100.0,
            "product": ["desk" if i % 2 else "lamp" for i in range(len(weekdays))],
        }
    )
    edge = pd.DataFrame(
        {
            "sale_id": ["first instant", "return"],
            "customer_id": ["C0", None],
            "sold_at": pd.to_datetime(["2026-02-01 00:00:00", "2026-02-28 23:59:59"]),
            "amount": [7.0, -3.0],
            "product": ["desk", "not in products"],
        }
    )
    end = at("2026-02-28 18:00")
    deals = pd.DataFrame(
        [
            # created before, won in February
            ("D1", "C0", "Ann", "won", "Won", 500.0, at("2026-01-05"), at("2026-02-10"), "price", None),
            # created in February, lost in March: open at the end of February
            ("D2", "C1", "Bob", "lost", "Lost", 300.0, at("2026-02-03"), at("2026-03-02"), None, "slow"),
            # open ever since January
            ("D3", "C2", "Ann", "open", "Offer", 200.0, at("2026-01-20"), pd.NaT, None, None),
            # no creation date: counts as open, age unknown
            ("D4", None, "Bob", "open", "Lead", 100.0, pd.NaT, pd.NaT, None, None),
            # created in March: not known in February
            ("D5", "C0", "Bob", "open", "Lead", 900.0, at("2026-03-01"), pd.NaT, None, None),
            # lost on the last day of February
            ("D6", "C1", "Ann", "lost", "Lost", 50.0, at("2026-02-20"), end, None, "price"),
        ],
        columns=["deal_id", "customer_id", "owner", "status", "stage", "amount", "created_at", "closed_at",
                 "win_reason", "loss_reason"],
    )  # fmt: skip
    history = pd.DataFrame(
        [
            ("D2", "Lead", at("2026-02-03")),
            ("D2", "Offer", at("2026-02-20")),
            ("D2", "Lost", at("2026-03-02")),
            ("D3", "Lead", at("2026-01-20")),
        ],
        columns=["deal_id", "stage", "entered_at"],
    )
    activities = pd.DataFrame(
        [
            ("A1", "D1", "call", pd.NaT, at("2026-02-09")),
            ("A2", "D2", "meeting", at("2026-02-25"), at("2026-03-03")),
            ("A3", "D2", "call", pd.NaT, at("2026-03-05")),
            ("A4", "D3", "call", at("2026-03-20"), pd.NaT),
        ],
        columns=["activity_id", "deal_id", "kind", "due_at", "done_at"],
    )
    return {
        "customers": pd.DataFrame(
            {
                "customer_id": ["C0", "C1", "C2", "C9"],
                "name": ["Nord", "Süd", "Ost", "Späth"],
                "created_at": pd.to_datetime(["2025-11-01", "2025-11-01", "2026-03-05", "2026-03-09"]),
                "region": ["north", "south", "east", "west"],
            }
        ),
        "deals": deals,
        "stage_history": history,
        "stages": pd.DataFrame({"stage": ["Lead", "Offer"], "position": [1, 2]}),
        "activities": activities,
        "sales": pd.concat([sales, edge], ignore_index=True),
        "products": pd.DataFrame({"product": ["desk", "lamp"], "category": ["wood", "light"]}),
        "owners": pd.DataFrame({"owner": ["Ann", "Bob"], "team": ["one", "two"]}),
        "touches": pd.DataFrame(
            {
                "customer_id": ["C0", "C1"],
                "channel": ["fair", "mail"],
                "touched_at": pd.to_datetime(["2026-01-01", "2026-03-01"]),
            }
        ),
        "marketing_costs": pd.DataFrame(
            {
                "spent_on": pd.to_datetime(["2026-02-28", "2026-03-01"]),
                "channel": ["fair", "fair"],
                "amount": [10.0, 20.0],
            }
        ),
    }
