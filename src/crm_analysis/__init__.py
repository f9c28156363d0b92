"""Sales reports from any CRM export: reproducible, honest about uncertainty, fast.

Three lines lead to a result::

    import crm_analysis as crm
    view = crm.load("data/demo").view("2026-Q3")
    result = crm.sales_dynamics.analyze(view)

``load`` reads a folder, a ``crm.toml``, a mapping of pandas frames or an Ibis connection and returns a
:class:`Dataset`. ``Dataset.view`` gives a :class:`PeriodView`: what was known at the end of a period.
Each analysis (``crm.sales_dynamics``, ``crm.customer_abc``, ``crm.customer_segments``,
``crm.marketing_impact``, ``crm.deal_reasons``, ``crm.process_kpis``, ``crm.open_deals``) has one function
``analyze(view)``; its result holds tidy pandas frames, ``result.tables()``, and ``result.findings``.
``crm.plots.<analysis>`` draws a result, ``crm.table`` shows a frame with units, ``crm.figure`` shows a
picture with its description. From a finding ``result.why`` leads to the rows of its table, ``view.rows`` to
the deals, order lines and customers behind; ``crm.own_result`` makes a result of your own frames.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_analysis import plots
    from crm_analysis.analyses import (
        customer_abc,
        customer_segments,
        deal_reasons,
        marketing_impact,
        open_deals,
        process_kpis,
        sales_dynamics,
        summary,
    )
    from crm_analysis.dataset import Dataset, load
    from crm_analysis.errors import CrmAnalysisError, DataWarning
    from crm_analysis.figures import figure
    from crm_analysis.findings import Finding
    from crm_analysis.own import own_result
    from crm_analysis.period import Period
    from crm_analysis.result import Result
    from crm_analysis.tables import table
    from crm_analysis.view import PeriodView

__version__ = "0.1.0"

# Loaded at first use: a report that needs no statsmodels does not wait for it.
_HOME = {
    "CrmAnalysisError": "errors",
    "DataWarning": "errors",
    "Dataset": "dataset",
    "Finding": "findings",
    "Period": "period",
    "PeriodView": "view",
    "Result": "result",
    "customer_abc": "analyses.customer_abc",
    "customer_segments": "analyses.customer_segments",
    "deal_reasons": "analyses.deal_reasons",
    "figure": "figures",
    "load": "dataset",
    "marketing_impact": "analyses.marketing_impact",
    "open_deals": "analyses.open_deals",
    "own_result": "own",
    "plots": "plots",
    "process_kpis": "analyses.process_kpis",
    "sales_dynamics": "analyses.sales_dynamics",
    "summary": "analyses.summary",
    "table": "tables",
}

__all__ = [
    "CrmAnalysisError",
    "DataWarning",
    "Dataset",
    "Finding",
    "Period",
    "PeriodView",
    "Result",
    "customer_abc",
    "customer_segments",
    "deal_reasons",
    "figure",
    "load",
    "marketing_impact",
    "open_deals",
    "own_result",
    "plots",
    "process_kpis",
    "sales_dynamics",
    "summary",
    "table",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_HOME[name]}")
    value = module if _HOME[name].rsplit(".", 1)[-1] == name else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
