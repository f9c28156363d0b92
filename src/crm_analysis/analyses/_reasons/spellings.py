"""Reasons that differ only in spelling, and the line of ``crm.toml`` that would mend each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from ibis import _
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from crm_analysis.analyses._lines import fetch
from crm_analysis.analyses._reasons.change import typed
from crm_analysis.analyses._reasons.vocabulary import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from crm_analysis.view import PeriodView

SPELLINGS = ("column", "reason", "like", "deals", "like_deals", "score", "why", "word", "mend")
#: Two reasons less alike than this (0-100) are not looked at; a slip in one word leaves more.
_ALIKE = 70
#: Letters a word must have for one slip, and for two, to be likelier than another word.
_ONE_SLIP, _TWO_SLIPS = 5, 9
#: Shorter words are often turned into another word by swapping letters: "trial" and "trail".
_FEWEST_LETTERS = 6
#: The most reasons that are compared: past these the column holds free text.
MOST_REASONS = 5_000


@dataclass(frozen=True)
class _Same:
    """Why two texts look like one, how much they do (0-100), and the word in which they differ by a slip."""

    why: str
    score: float
    word: str = ""


@dataclass(frozen=True, slots=True)
class _Text:
    """A reason, taken apart once: in parts as written, the same without case, and in words."""

    written: str
    parts: list[str]
    folded: list[str]
    words: list[str]
    ordered: list[str]
    letters: str

    @classmethod
    def read(cls, text: str) -> _Text:
        words = _words(text)
        return cls(text, text.split(), text.casefold().split(), words, sorted(words), "".join(words))


def spellings(reasons: dict[str, dict[str, int]]) -> pd.DataFrame:
    """Return reasons that look like another one, or hold a misspelt word; nothing is merged.

    Parameters
    ----------
    reasons
        From :func:`written_reasons`.

    Returns
    -------
    pandas.DataFrame
        :data:`SPELLINGS`, a row a reason to mend: ``column`` (loss_reason, win_reason); ``reason`` as
        written, ``like`` as it is probably meant; ``deals`` and ``like_deals`` known at the end that carry
        either; ``score`` of likeness from 0 to 100; ``why``: case, blanks, punctuation, word order or typo,
        of which ``word``; ``mend`` the lines for ``crm.toml``. The more frequent spelling is the one to keep.

    Notes
    -----
    Likeness by RapidFuzz. Two reasons count as alike where only case, blanks, punctuation or order of the
    words differ, or where single words differ by a slip: one letter in words of five or more letters, two
    from nine on, the first letter and all digits the same. So "too large" and "too small" are two reasons,
    and "this year" and "next year" too. A word is misspelt where it has the letters of a word of the field in
    another order, or with a letter doubled or not: "desicion". Past 5,000 reasons nothing is compared.
    """
    parts = [{"column": column, **row} for column, known in reasons.items() for row in _look(known)]
    for part in parts:
        part["mend"] = mend(part["column"], part["reason"], part["like"])
    frame = pd.DataFrame(parts, columns=list(SPELLINGS))
    return typed(frame)


def written_reasons(view: PeriodView) -> dict[str, dict[str, int]]:
    """Return for each column of reasons how many deals carry each, as written."""
    found = {}
    for column in ("loss_reason", "win_reason"):
        if view.has("deals", column):
            deals = view.deals.filter(_[column].notnull())
            counts = fetch(deals.group_by(reason=deals[column]).agg(deals=_.count()), "reason")
            counts = counts[counts["reason"].str.strip() != ""]
            found[column] = dict(zip(counts["reason"], counts["deals"].astype(int), strict=True))
    return found


def free_text(reasons: dict[str, dict[str, int]]) -> dict[str, int]:
    """Return the columns that hold too many different reasons to be a list, with their number."""
    return {column: len(known) for column, known in reasons.items() if len(known) > MOST_REASONS}


def mend(column: str, reason: str, like: str) -> str:
    r"""Return the lines of ``crm.toml`` that turn one reason into another.

    Examples
    --------
    >>> print(mend("loss_reason", 'too "dear"', "Too dear"))
    [deals.values.loss_reason]
    "too \"dear\"" = "Too dear"
    """
    return f"[deals.values.{column}]\n{_quoted(reason)} = {_quoted(like)}"


def _look(known: dict[str, int]) -> list[dict[str, Any]]:
    """Find what is to be mended among the reasons of one column, given the deals of each."""
    if len(known) > MOST_REASONS:
        return []
    # kept is the spelling without a known slip, then the more frequent, then the first of the alphabet
    order = sorted(known, key=lambda reason: (bool(correct(reason)[1]), -known[reason], reason))
    texts = [_Text.read(reason) for reason in order]
    found: dict[str, tuple[str, _Same]] = {}
    for at, near in enumerate(_near(texts)):
        for kept in near[near < at]:
            if order[kept] not in found and (same := _compare(texts[at], texts[kept])):
                found[order[at]] = (order[kept], same)
                break
    rows = [_row(known, reason, like, same) for reason, (like, same) in found.items()]
    for reason in order:
        like, wrong = correct(reason)
        if wrong and reason not in found:
            rows.append(_row(known, reason, like, _Same("typo", fuzz.ratio(reason, like), wrong)))
    return sorted(rows, key=lambda row: (-row["deals"], row["reason"]))


def compare(one: str, other: str) -> _Same | None:
    """Say in what two reasons differ, where that is only their spelling.

    Examples
    --------
    >>> compare("price too high", "Price too high").why, compare("Delivry time", "Delivery time").word
    ('case', 'delivry')
    >>> compare("too large", "too small") is None, compare("Budget this year", "Budget next year") is None
    (True, True)
    """
    return _compare(_Text.read(one), _Text.read(other))


def _compare(one: _Text, other: _Text) -> _Same | None:
    why, word = _why(one, other)
    return _Same(why, float(fuzz.ratio(one.written, other.written)), word) if why else None


def _why(one: _Text, other: _Text) -> tuple[str, str]:
    """Name the difference, and the word with a slip; empty where it is more than the spelling."""
    if one.parts == other.parts:
        return "blanks", ""
    if one.folded == other.folded:
        return "case", ""
    if not one.words or not other.words:
        return "", ""
    if one.words == other.words:
        return "punctuation", ""
    if one.letters == other.letters:
        return "blanks", ""
    if one.ordered == other.ordered:
        return "word order", ""
    slips = _slips(one.words, other.words) or _slips(one.ordered, other.ordered)
    return ("typo", ", ".join(slips)) if slips else ("", "")


def _near(texts: list[_Text]) -> Iterator[NDArray[np.intp]]:
    """Yield for each text the places of those that may be another spelling of it.

    Alike they must be; and what differs by a slip, case or order has words that begin with the same letters,
    what differs by blanks has the same letters in all.
    """
    keys = [" ".join(text.words) for text in texts]
    begins = pd.factorize(pd.Series([" ".join(sorted(word[0] for word in text.words)) for text in texts]))[0]
    letters = pd.factorize(pd.Series([text.letters for text in texts]))[0]
    for at, key in enumerate(keys):
        may = np.flatnonzero((begins == begins[at]) | (letters == letters[at]))
        alike = process.cdist(
            [key], [keys[i] for i in may], scorer=fuzz.token_sort_ratio, score_cutoff=_ALIKE
        )
        yield may[alike[0] > 0]


def correct(reason: str) -> tuple[str, str]:
    """Return a reason with misspelt words of the field put right, and the words that were wrong.

    Examples
    --------
    >>> correct("Isn't desicion maker")
    ("Isn't decision maker", 'desicion')
    """
    wrong = []

    def put_right(match: re.Match[str]) -> str:
        word = match.group()
        plain = word.casefold()
        meant = _MEANT.get(_shape(plain)) if len(plain) >= _FEWEST_LETTERS and plain not in WORDS else None
        if meant is None or meant[0] != plain[0]:
            return word
        wrong.append(word)
        return meant.upper() if word.isupper() else meant.capitalize() if word[0].isupper() else meant

    like = re.sub(r"[^\W\d_]+", put_right, reason)
    return like, ", ".join(wrong)


def _row(known: dict[str, int], reason: str, like: str, same: _Same) -> dict[str, Any]:
    return {
        "reason": reason,
        "like": like,
        "deals": known[reason],
        "like_deals": known.get(like, 0),
        "score": same.score,
        "why": same.why,
        "word": same.word,
    }


def _words(text: str) -> list[str]:
    """Return the words without case and punctuation; an apostrophe belongs to its word."""
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.casefold())


def _slips(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """Return the words that differ by a slip; empty where any word differs by more."""
    if len(one) != len(other):
        return []
    slips = []
    for first, second in zip(one, other, strict=True):
        if first == second:
            continue
        if not _is_slip(first, second):
            return []
        slips.append(first)
    return slips


def _is_slip(one: str, other: str) -> bool:
    shorter = min(len(one), len(other))
    if one[0] != other[0] or not one.isalpha() or not other.isalpha() or shorter < _ONE_SLIP:
        return False
    if one in WORDS and other in WORDS:
        return False
    return bool(OSA.distance(one, other) <= (2 if shorter >= _TWO_SLIPS else 1))


def _shape(word: str) -> str:
    """Return the letters of a word without doublings, sorted: the same for the usual slips in it."""
    return "".join(sorted(letter for letter, _ in groupby(word)))


def _quoted(text: str) -> str:
    """Write a text as a TOML basic string."""
    marks = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    written = (marks.get(sign, sign if sign.isprintable() else f"\\U{ord(sign):08X}") for sign in text)
    return f'"{"".join(written)}"'


_MEANT = {_shape(word): word for word in sorted(WORDS) if len(word) >= _FEWEST_LETTERS}
