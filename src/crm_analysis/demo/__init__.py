"""A made-up company of any size, with known truths to hold the analyses against.

:func:`write_demo` writes the canonical tables and a page ``TRUTH.md`` that says what is behind them.
:class:`Company` holds every parameter: change one and another truth is planted; :func:`truths` gives them all
as plain numbers. Nothing and nobody in it exists.

Examples
--------
>>> import tempfile
>>> folder = tempfile.mkdtemp()
>>> rows = write_demo(folder, seed=1, deals=60, company=Company.without_effects())
>>> rows["stages"]
6
"""

from crm_analysis.demo.cast import Cast
from crm_analysis.demo.company import Channel, Company, Reason, Stage
from crm_analysis.demo.page import SEED
from crm_analysis.demo.truth import MEASURED, truths
from crm_analysis.demo.writer import DEALS, write_demo

__all__ = [
    "DEALS",
    "MEASURED",
    "SEED",
    "Cast",
    "Channel",
    "Company",
    "Reason",
    "Stage",
    "truths",
    "write_demo",
]
