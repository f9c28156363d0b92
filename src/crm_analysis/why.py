"""What a finding rests on: how it was found, rows of its table, and the line for the rows of the data."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from crm_analysis.basis import basis_of
from crm_analysis.conditions import NOT_STATED
from crm_analysis.errors import ParameterError, nearest
from crm_analysis.findings import VERDICTS
from crm_analysis.language import tr
from crm_analysis.tables import table
from crm_analysis.told import Told

if TYPE_CHECKING:
    from crm_analysis.basis import Basis
    from crm_analysis.findings import Finding
    from crm_analysis.result import Context, Result

#: Spans of a year are asked for where a period is shorter.
_YEAR_DAYS = 365
#: What a reason stands out at, that ``view.rows`` cannot be asked for.
_NOT_ASKED = {"stage"}


class Why(Told):
    """The rows of its table that a finding is about; shown with the finding above them.

    Parameters
    ----------
    finding
        The finding: sentence, figure with its interval, n, p-values, strength.
    table
        Name of the table of the result; empty where the finding rests on no table.
    method
        How it was found, and what that takes for granted.
    line
        What gives the rows of the data behind it; empty where they are not rows of one table.
    """

    _metadata: ClassVar[list[str]] = ["told", "finding", "table", "method", "line", "markup"]
    finding: Finding
    table: str = ""
    method: str = ""
    line: str = ""
    markup: str = ""

    def _repr_html_(self) -> str:
        return self.markup


def why(result: Result, key: str) -> Why:
    """Say what a finding rests on; see :meth:`crm_analysis.result.Result.why`."""
    finding = _finding(result, key)
    found = basis_of(finding.analysis, finding.key)
    tables = result.tables()
    if found is None or found[0].table not in tables:
        made = Why(pd.DataFrame([finding.record()]))
        basis = None
    else:
        basis, spelled = found
        today = pd.Timestamp(result.context.covered.end)
        made = Why(basis.of(tables[basis.table], spelled, today))
        made.table, made.method = basis.table, tr(basis.method)
        made.line = _line(result, basis, made)
    made.finding = finding
    parts = _told(result, made, basis)
    made.told = "\n".join([f"{tr(VERDICTS[finding.verdict][0])}: {finding.sentence}", *parts])
    made.markup = _markup(result, made, basis, parts)
    return made


def _finding(result: Result, key: str) -> Finding:
    known = {name: one for one in result.findings for name in (f"{one.analysis}.{one.key}", one.key)}
    if key not in known:
        keys = [one.key for one in result.findings]
        raise ParameterError(
            f'There is no finding "{key}".', f"There are: {', '.join(keys)}.", nearest(str(key), keys)
        )
    return known[key]


def _told(result: Result, made: Why, basis: Basis | None) -> list[str]:
    """Say how it was found, on how much it rests, and where to look further, a sentence each."""
    finding, words = made.finding, result.context.words
    figures = []
    if finding.n is not None:
        figures.append(tr("n = {n}").format(n=words.number(finding.n)))
    for name, text in (("p_value", tr("p = {p}")), ("p_adjusted", tr("all tests counted, p = {p}"))):
        if (p := getattr(finding, name)) is not None:
            figures.append(text.format(p=words.number(p, 4)))
    parts = [made.method] if made.method else []
    if figures:
        parts.append(tr("Behind it: {figures}.").format(figures=", ".join(figures)))
    if basis is None and finding.analysis != result.stem:
        parts.append(
            tr("Its tables: {line}").format(line=f'crm.{finding.analysis}.analyze(view).why("{finding.key}")')
        )
    if basis is not None:
        names = ", ".join(f"result.{name}" for name in (basis.table, *basis.also))
        parts.append(tr("Tables: {names}.").format(names=names))
    if made.line:
        parts.append(tr("Rows of the data: {line}").format(line=made.line))
    return parts


def _markup(result: Result, made: Why, basis: Basis | None, parts: list[str]) -> str:
    word, sign = VERDICTS[made.finding.verdict]
    mark = f"<strong>{html.escape(sign)} {html.escape(tr(word))}</strong>"
    above = f"<p>{mark} {html.escape(made.finding.sentence)}</p>"
    lines = "".join(f"<li>{html.escape(part)}</li>" for part in parts)
    if made.line:
        lines = lines.replace(line := html.escape(made.line), f"<code>{line}</code>")
    shown = pd.DataFrame(made)
    columns = [name for name in basis.columns if name in shown.columns] if basis else None
    caption = f"result.{made.table}" if made.table else made.finding.key
    named_by = basis.named_by or None if basis else None
    rows = table(result, shown, caption, columns=columns or None, named_by=named_by)
    return f"{above}<ul>{lines}</ul>{rows._repr_html_()}"


def _line(result: Result, basis: Basis, made: pd.DataFrame) -> str:
    """Write the call that gives the rows of the data; nothing where the first row lacks what it names."""
    first = {str(name): value for name, value in made.iloc[0].items()} if len(made) else {}
    try:
        asked = basis.rows.format_map(
            first | _spans(result) | {"at": _at(first), "reasons": _reasons(result, first)}
        )
    except KeyError:
        return ""
    return f"view.rows({asked})" if asked else ""


def _at(row: dict[str, object]) -> str:
    """Write the place that a row is about as a condition, where ``view.rows`` can be asked for it."""
    dimension, value = str(row.get("dimension", "")), str(row.get("value", ""))
    asked = dimension.isidentifier() and dimension not in _NOT_ASKED
    return f", {dimension}={value!r}" if asked and (value == NOT_STATED or not value.startswith("(")) else ""


def _reasons(result: Result, row: dict[str, object]) -> list[str]:
    """Return the reasons for losing of the department that a row is about."""
    year = result.tables().get("reasons_year", pd.DataFrame(columns=["outcome", "department", "reason"]))
    mine = (year["outcome"] == "lost") & (year["department"] == row.get("department", ""))
    return [str(reason) for reason in year.loc[mine, "reason"]]


def _spans(result: Result) -> dict[str, str]:
    """Return the spans that findings are told of, as ``view.rows`` takes them."""
    context = result.context
    last = context.covered.last_day
    spans = {"period": str(context.covered), "last_day": str(last), "year": _year(context)}
    totals = result.tables().get("totals")
    if totals is not None:
        for row in totals.dropna(subset=["first_day", "last_day"]).to_dict("records"):
            spans[str(row["span"])] = f"{row['first_day']:%Y-%m-%d}..{row['last_day']:%Y-%m-%d}"
    return spans


def _year(context: Context) -> str:
    """Return the twelve months to the end, or the period itself where it has a year or more."""
    covered = context.covered
    start = pd.Timestamp(covered.end) - pd.DateOffset(months=12)
    first = covered.start if covered.days >= _YEAR_DAYS else start.date()
    return f"{first}..{covered.last_day}"
