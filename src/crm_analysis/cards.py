"""Main figures as cards: value, change, verdict in words, and the course as a small picture.

Used by each page of a period and by the index over all periods.
"""

from __future__ import annotations

import base64
import html
import io
import math
from dataclasses import dataclass, fields
from itertools import dropwhile, pairwise
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image, ImageDraw

from crm_analysis.columns import Heading
from crm_analysis.findings import verdict_chip
from crm_analysis.language import current, plural, spoken, tr
from crm_analysis.tiles import Tile
from crm_analysis.words import tenths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crm_analysis.findings import Verdict
    from crm_analysis.words import Words

#: So many cards stand open where there are as many.
_FEWEST_CARDS = 8
#: Two points are a difference, which the card tells already; not a course.
_FEWEST_POINTS = 3
#: Size of the small picture as shown, in CSS pixels; it is drawn larger, so that it is sharp on any screen.
_WIDTH, _HEIGHT, _MARGIN = 160, 36, 4
_SHARP, _SMOOTH, _OPAQUE = 2, 3, 7
#: The main colour of the plots; written out, since the theme would load matplotlib.
LINE = (0, 114, 178)


@dataclass(frozen=True)
class Card:
    """A main figure, written for reading.

    Parameters
    ----------
    label, value
        What it is called and how much it is.
    change, against
        Change with its sign, and against what; empty where there is none.
    span, note
        Interval of the value, and a remark on it; empty where it has none.
    verdict
        Below the small picture; ``note`` is not shown.
    judges
        What the verdict is on: the ``course``, told as the long run, of which the change against one period
        says nothing; or the ``change`` itself.
    course
        Numbers of the small picture, oldest first; None where there is no value.
    course_text
        The same in words, for those who cannot see it.
    href
        The page to open for more.
    main
        Whether it is one of the few that are shown first.
    """

    label: str
    value: str
    change: str = ""
    against: str = ""
    span: str = ""
    note: str = ""
    verdict: Verdict = "note"
    judges: Literal["course", "change"] = "course"
    course: tuple[float | None, ...] = ()
    course_text: str = ""
    href: str = ""
    main: bool = True

    def _repr_html_(self) -> str:
        label = html.escape(self.label)
        if self.href:
            label = f'<a href="{html.escape(self.href)}">{label}</a>'
        parts = [f'<p class="card-label">{label}</p>', f'<p class="card-value">{html.escape(self.value)}</p>']
        if self.change:
            against = (
                f' <span class="soft">{html.escape(tr("vs {period}").format(period=self.against))}</span>'
                if self.against
                else ""
            )
            parts.append(f'<p class="card-change">{html.escape(self.change)}{against}</p>')
        told = [text for text in (self.span, self.note) if text]
        parts += [f'<p class="card-range">{html.escape(text)}</p>' for text in told]
        parts.append(self._picture())
        if self.verdict != "note":
            on = f'<span class="soft">{tr("long run:")}</span> ' if self.judges == "course" else ""
            parts.append(f'<p class="card-course">{on}{verdict_chip(self.verdict)}</p>')
        return "".join(parts)

    def _picture(self) -> str:
        if sum(value is not None for value in self.course) < _FEWEST_POINTS:
            return ""
        source = base64.b64encode(sparkline(self.course)).decode()
        return (
            f'<img class="spark" width="{_WIDTH}" height="{_HEIGHT}" '
            f'alt="{html.escape(self.course_text)}" src="data:image/png;base64,{source}">'
        )


class Cards(tuple[Card, ...]):
    """Cards side by side, the main ones first, the others folded; eight at the least stand open."""

    def __init__(self, _: Iterable[Card] = ()) -> None:
        self.language = current()

    @spoken
    def _repr_html_(self) -> str:
        if not self:
            return f"<p>{tr('No main figures: the data give none.')}</p>"
        main, others = ([card for card in self if card.main is wanted] for wanted in (True, False))
        more = max(0, _FEWEST_CARDS - len(main)) if main else len(others)
        shown, rest = [*main, *others[:more]], others[more:]
        folds = tr("{n} more figures").format(n=len(rest))
        folded = f"<details><summary>{folds}</summary>{_side_by_side(rest)}</details>" if rest else ""
        return f"{_side_by_side(shown)}{self._note()}{folded}"

    def _note(self) -> str:
        """Say how to read what stands below the figures."""
        if all(card.verdict == "note" for card in self):
            return ""
        read = tr(
            "A word after “long run” judges the small line, the course up to the end of the period; a word "
            "alone judges the change. Where there is no word, nothing was tested."
        )
        return f'<p class="cards-note">{read}</p>'


def _side_by_side(cards: Iterable[Card]) -> str:
    return f'<ul class="cards">{"".join(f"<li>{card._repr_html_()}</li>" for card in cards)}</ul>'


def read_tile(record: Mapping[str, Any]) -> Tile:
    """Return the tile that a record of :meth:`Tile.record` was made from."""
    values = {field.name: record[field.name] for field in fields(Tile) if field.name in record}
    values["series"] = tuple(values.get("series") or ())
    values["value"] = math.nan if values["value"] is None else values["value"]
    return Tile(**values)


def card(tile: Tile, words: Words, *, against: str = "", course_of: str = "months", href: str = "") -> Card:
    """Write a tile for reading.

    Parameters
    ----------
    tile
        The figure.
    words
        How figures are written.
    against
        Name of the comparison period.
    course_of
        What the points of its course are: months, quarters, …
    href
        The page to open for more.
    """
    course = tuple(dropwhile(lambda value: value is None, tile.series))
    return Card(
        label=tile.label,
        value=written(tile.value, tile, words),
        change=_change(tile, words),
        against=tile.against or against,
        span=_span(tile, words),
        note=tile.note,
        verdict=tile.verdict,
        judges=tile.judges,
        course=course,
        course_text=_course_text(tile, course, words, course_of),
        href=href,
        main=tile.main,
    )


def written(value: float | None, tile: Tile, words: Words) -> str:
    """Write a value of a tile, with its unit."""
    if value is None:
        value = math.nan
    if tile.kind == "money":
        return words.money(value)
    text = Heading(tile.label, tile.kind).write(value, words)
    if tile.kind != "days" or math.isnan(value):
        return text
    return f"{text} {plural('day', 'days', round(value), words.language)}"


def sparkline(values: Sequence[float | None]) -> bytes:
    """Draw a course as a small PNG, transparent, the last point marked; gaps stay gaps.

    The same values give the same bytes.
    """
    scale = _SHARP * _SMOOTH
    mask = Image.new("L", (_WIDTH * scale, _HEIGHT * scale), 0)
    draw = ImageDraw.Draw(mask)
    points = _points(values, scale)
    for start, end in pairwise(points):
        if start is not None and end is not None:
            draw.line([start, end], fill=255, width=round(1.6 * scale))
    shown = [point for point in points if point is not None]
    alone = [b for a, b, c in zip([None, *points], points, [*points[1:], None], strict=False) if not (a or c)]
    for point, radius in [*((point, 1.2) for point in alone), *((point, 2.8) for point in shown[-1:])]:
        if point is not None:
            draw.circle(point, radius * scale, fill=255)
    mask = mask.resize((_WIDTH * _SHARP, _HEIGHT * _SHARP), Image.Resampling.LANCZOS)
    # one colour in steps of opacity: a third of the bytes of a picture in full colour
    steps = mask.point([round(level / 255 * _OPAQUE) for level in range(256)])
    steps.putpalette(LINE * (_OPAQUE + 1))
    buffer = io.BytesIO()
    opacity = bytes(round(255 * step / _OPAQUE) for step in range(_OPAQUE + 1))
    steps.save(buffer, format="png", optimize=True, transparency=opacity)
    return buffer.getvalue()


def _points(values: Sequence[float | None], scale: int) -> list[tuple[float, float] | None]:
    present = [value for value in values if value is not None]
    if not present:
        return []
    low, high = min(present), max(present)
    step, room = (_WIDTH - 2 * _MARGIN) / max(1, len(values) - 1), _HEIGHT - 2 * _MARGIN

    def height(value: float) -> float:
        return 0.5 if high == low else (high - value) / (high - low)

    return [
        None if value is None else ((_MARGIN + i * step) * scale, (_MARGIN + room * height(value)) * scale)
        for i, value in enumerate(values)
    ]


def _change(tile: Tile, words: Words) -> str:
    if tile.change is None or math.isnan(tile.change):
        return ""
    if tile.kind == "share" and tile.change > -1:  # of a share, points say more than percent of percent
        return words.points(tile.value - tile.value / (1 + tile.change))
    return words.change(tile.change)


def _span(tile: Tile, words: Words) -> str:
    if tile.low is None or tile.high is None:
        return ""
    if tile.kind == "share":
        digits = tenths(tile.low, tile.high)
        low, high = words.share(tile.low, digits), words.share(tile.high, digits)
    else:
        low, high = written(tile.low, tile, words), written(tile.high, tile, words)
    return tr("likely {low} to {high}", words.language).format(low=low, high=high)


def _course_text(tile: Tile, course: Sequence[float | None], words: Words, course_of: str) -> str:
    present = [value for value in course if value is not None]
    if not present:
        return ""
    first, last, low, high = (
        written(value, tile, words) for value in (present[0], present[-1], min(present), max(present))
    )
    text = tr(
        "Course of {label} over {n} {points}: from {first} to {last}, lowest {low}, highest {high}.",
        words.language,
    )
    points = tr(course_of, words.language)
    return text.format(
        label=tile.label, n=len(course), points=points, first=first, last=last, low=low, high=high
    )
