"""Which segment each client belongs to, along every dimension the data carry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._lines import NOT_STATED, fetch, lines_to_date, money, stated
from crm_analysis.language import tr
from crm_analysis.schema import TABLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words

    Labels = NDArray[np.object_]

STANDARD = ("industry", "region", "size", "channel")
_NUMBER = r"[-+]?(0|[1-9]\d*)(\.\d+)?"
_DAY = r"\d{4}-\d{2}-\d{2}([ T].*)?"
#: Columns that hold names, even where the names are numbers; the size alone may be a quantity.
_NAMES = ("industry", "region", "channel")
#: A column whose name ends so numbers things; it measures nothing.
_CODES = {"id", "code", "no", "nr", "zip", "postcode", "plz", "branch", "store", "area", "zone", "district"}
#: Whole numbers of so many digits, all of the same length, are codes.
_CODE_DIGITS = 3
#: Numbers with more values than these are put into four bands of as many clients each.
_MOST_NUMBERS = 12
#: A text with more values than these, and another one for every second client, tells clients apart.
_FEWEST_IDS = 10
#: So many clients must have one value only, or an attribute of order lines is none of clients.
_FAITHFUL = 0.95


@dataclass(frozen=True)
class Dimensions:
    """The dimensions that clients are divided by.

    Parameters
    ----------
    labels
        Dimension, and the segment of each client in the order of the ids handed over.
    skipped
        Columns that make no segments, each with why: ``unlike`` (nearly everyone another value), ``alike``
        (one value only), ``empty`` or ``mixed`` (of the lines, and clients have several).
    from_lines
        Dimensions taken from the order lines, because no column of the clients holds them.
    """

    labels: dict[str, Labels]
    skipped: tuple[tuple[str, str], ...]
    from_lines: tuple[str, ...]


def dimensions(view: PeriodView, ids: Labels, words: Words) -> Dimensions:
    """Find the dimensions of the clients: standard columns first, then every extra one by name."""
    found: dict[str, Labels] = {}
    skipped: list[tuple[str, str]] = []
    from_lines = []
    columns = _columns(view)
    if columns:
        held = fetch(view.customers.select("customer_id", *columns), "customer_id")
        attributes = held.drop_duplicates("customer_id").set_index("customer_id").reindex(ids)
    for name in (*STANDARD, *(c for c in columns if c not in STANDARD)):
        if name in columns:
            labels, why = _segments(name, attributes[name], words)
        elif name == "region" and len(ids):
            labels, why = _of_lines(view, name, ids)
            from_lines += [name] if labels is not None else []
        else:
            continue
        if labels is not None:
            found[name] = labels
        elif why:
            skipped.append((name, why))
    return Dimensions(found, tuple(skipped), tuple(from_lines))


def _columns(view: PeriodView) -> list[str]:
    if not view.has("customers"):
        return []
    declared = {"customer_id", "name", "created_at"} & set(TABLES["customers"].names)
    present = [name for name in view.customers.columns if name not in declared]
    return [c for c in STANDARD if c in present] + sorted(c for c in present if c not in STANDARD)


def _segments(name: str, values: pd.Series, words: Words) -> tuple[Labels | None, str]:
    """Return a label a client, or why the column makes no segments."""
    values = values if name in _NAMES else _read(values)
    if pd.api.types.is_bool_dtype(values.dropna().infer_objects()):
        text = values.map({True: tr("yes"), False: tr("no")})
    elif pd.api.types.is_numeric_dtype(values):
        numbers = pd.to_numeric(values).astype(float)
        numbers = numbers.where(np.isfinite(numbers))
        if _are_codes(name, numbers.dropna()):
            text = numbers.map("{:.0f}".format, na_action="ignore")
        else:
            text = _bands(numbers, words)
    elif pd.api.types.is_datetime64_any_dtype(values) or _holds_days(values):
        moments = pd.to_datetime(values)
        text = moments.dt.year.map(lambda year: f"{year:.0f}", na_action="ignore")
    else:
        text = values.astype("object").map(lambda value: str(value).strip(), na_action="ignore")
        text = text.where(text != "")
    distinct, known = text.nunique(), int(text.notna().sum())
    if not known:
        return None, "empty"
    if distinct == 1 and known == len(text):
        return None, "alike"
    if distinct > _FEWEST_IDS and distinct > known / 2:
        return None, "unlike"
    return text.astype(object).where(text.notna(), NOT_STATED).to_numpy(dtype=object), ""


def _read(values: pd.Series) -> pd.Series:
    """Read numbers and days that an extra column holds as text; codes with leading zeros stay text."""
    text = values.dropna().astype(str).str.strip()
    text = text[text != ""]
    if text.empty or pd.api.types.infer_dtype(values, skipna=True) != "string":
        return values
    if text.str.fullmatch(_NUMBER).all():
        return pd.to_numeric(text).astype(float).reindex(values.index)
    if text.str.fullmatch(_DAY).all():
        return pd.to_datetime(text.str[:10], errors="coerce").reindex(values.index)
    return values


def _holds_days(values: pd.Series) -> bool:
    return pd.api.types.infer_dtype(values, skipna=True) in ("date", "datetime")


def _are_codes(name: str, numbers: pd.Series) -> bool:
    """Say whether numbers tell things apart (branch 104) rather than measure them (30 employees)."""
    if numbers.empty or (numbers % 1 != 0).any() or (numbers < 0).any() or _are_years(numbers):
        return False
    if re.split(r"[\W_]+", name.casefold())[-1] in _CODES:
        return True
    digits = numbers.map("{:.0f}".format).str.len()
    return bool(digits.min() == digits.max() >= _CODE_DIGITS)


def _are_years(numbers: pd.Series) -> bool:
    return bool((numbers % 1 == 0).all() and numbers.between(1800, 2200).all())


def _bands(numbers: pd.Series, words: Words) -> pd.Series:
    """Label numbers by themselves where they are few, else by quarters of the clients."""
    known = numbers.dropna()
    years = len(known) > 0 and _are_years(known)

    def written(value: float) -> str:
        return f"{value:.0f}" if years else words.number(value)

    if known.nunique() <= _MOST_NUMBERS:
        return numbers.map(written, na_action="ignore")
    edges = np.unique(np.quantile(known, [0.25, 0.5, 0.75], method="inverted_cdf"))
    band = pd.Series(np.searchsorted(edges, known, side="left"), index=known.index)
    ends = known.groupby(band).agg(["min", "max"])
    names = {
        at: written(low)
        if low == high
        else tr("{low} to {high}").format(low=written(low), high=written(high))
        for at, (low, high) in zip(ends.index, ends.to_numpy(), strict=True)
    }
    return band.map(names).reindex(numbers.index)


def _of_lines(view: PeriodView, name: str, ids: Labels) -> tuple[Labels | None, str]:
    """Take an attribute from the order lines: for each client the value with most money."""
    lines = lines_to_date(view)
    if name not in lines.columns:
        return None, ""
    lines = lines.filter(lines.customer_id.notnull())
    sums = lines.group_by("customer_id", value=stated(lines[name])).agg(
        revenue=money(lines.amount.abs()).fill_null(0.0)
    )
    frame = fetch(sums, "customer_id", "value")
    several = frame["customer_id"].duplicated(keep=False)
    if (
        frame.empty
        or frame.loc[~several, "customer_id"].nunique() < _FAITHFUL * frame["customer_id"].nunique()
    ):
        return None, "mixed"
    most = frame.sort_values(
        ["customer_id", "revenue", "value"], ascending=[True, False, True], kind="stable"
    )
    values = most.drop_duplicates("customer_id").set_index("customer_id")["value"].reindex(ids)
    labels = values.astype(object).where(values.notna(), NOT_STATED).to_numpy(dtype=object)
    return (labels, "") if len(set(labels)) > 1 else (None, "alike")
