"""Readers: from what a company has to canonical tables and an account of every row.

Examples
--------
>>> import pandas as pd
>>> deals = pd.DataFrame({"deal_id": ["7"], "status": ["open"], "amount": [1200.0]})
>>> source = open_source({"deals": deals})
>>> source.tables["deals"].count().execute()
1
"""

from __future__ import annotations

from crm_analysis.sources.audit import Audit
from crm_analysis.sources.config import Settings
from crm_analysis.sources.opening import Source, open_source

__all__ = ["Audit", "Settings", "Source", "open_source"]
