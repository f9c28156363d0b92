"""What the findings of all analyses share: rows by key, lists of names, how sure a test is in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from crm_analysis.findings import Finding
from crm_analysis.language import tr
from crm_analysis.sentences import NOT_CHANCE, SURE, sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from crm_analysis.findings import Verdict
    from crm_analysis.words import Words


def finding(
    stem: str, key: str, template: str, said: Verdict, figures: Mapping[str, str], **fields: Any
) -> Finding:
    """Return the finding ``key`` of an analysis, its sentence made from a template."""
    return Finding(stem, key, said, sentence(stem, template, **figures), **fields)


def known(value: float) -> float | None:
    """Return a figure as findings hold it: None where it is not known."""
    return None if math.isnan(value) else float(value)


def sure(strength: str) -> str:
    """Say how sure a change is, in words; empty where there is none."""
    return tr(SURE.get(strength, ""))


def not_chance(strength: str) -> str:
    """Say the same in a clause of its own."""
    return tr(NOT_CHANCE.get(strength, ""))


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as mappings."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def records(frame: pd.DataFrame, key: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a frame by their key."""
    return {str(row[key]): row for row in rows(frame)}


def joined(names: Sequence[str], last: str = "") -> str:
    """List names in a sentence: "A, B and C", or with another word before the last; empty without names."""
    return (last or tr(" and ")).join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def few(names: Sequence[str], words: Words, most: int = 3) -> str:
    """List the first names, and say how many more there are.

    Examples
    --------
    >>> from crm_analysis.words import Words
    >>> few(["A", "B", "C", "D", "E"], Words(), 2), few(["A", "B", "C"], Words(), 2)
    ('A, B and 3 more', 'A, B and C')
    """
    rest = len(names) - most
    if rest < 2:  # one name takes no more room than the words for it
        return joined(names)
    return joined([*names[:most], tr("{count} more").format(count=words.number(rest))])


def relative(now: float, before: float | None) -> float | None:
    """Return the relative change; None where there is nothing, or nothing positive, to compare with."""
    return None if before is None or not before > 0 or math.isnan(now) else now / before - 1


def tested(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a finding that tell of its test: p-values, None where untested, and strength."""
    return {name: known(row[name]) for name in ("p_value", "p_adjusted")} | {"strength": row["strength"]}
