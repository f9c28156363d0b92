"""Readers: from what a company has to canonical tables and an account of every row.

Examples
--------
>>> import pandas as pd
>>> from crm_analysis.sources import open_source
>>> deals = pd.DataFrame({"deal_id": ["7"], "status": ["open"], "amount": [1200.0]})
>>> source = open_source({"deals": deals})
>>> source.tables["deals"].count().execute()
1
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_analysis.sources.audit import Audit
    from crm_analysis.sources.config import Settings
    from crm_analysis.sources.opening import Source, open_source

# Loaded at first use: whether anything has changed is told without the engines that read.
_HOME = {"Audit": "audit", "Settings": "config", "Source": "opening", "open_source": "opening"}

__all__ = ["Audit", "Settings", "Source", "open_source"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
