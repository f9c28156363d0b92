"""The one visual theme: colours, type, axes, and helpers that keep labels readable.

Colours are those of Okabe and Ito (2008), told apart by colour-blind readers and, with markers and line
styles, in grey; green and orange are darker than theirs, so that words in them can be read.
"""

from __future__ import annotations

import textwrap
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axis import XAxis
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from crm_analysis.language import named, spoken
from crm_analysis.words import NONE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    from crm_analysis.words import Words

MAIN = "#0072B2"
ACCENT = "#BF5000"
GOOD = "#00805D"
BAD = ACCENT
MUTED = "#8A8F98"
PALE = "#D5DAE1"
INK = "#22262B"
#: For categories, in order.
CYCLE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#7A5195")
#: Classes A, B, C and those outside.
CLASSES = {"A": "#0072B2", "B": "#56B4E9", "C": "#C9D0D9", "none": "#E3E6EA", "negative": BAD}

#: Marks axes with nothing drawn.
NOTHING = "nothing to draw"
#: Width of a picture in inches: letters stay readable where it is shrunk to the width of a phone.
WIDTH = 5.2
WIDE = (WIDTH, 3.7)
#: Room for the label of an axis above a legend, in points.
UNDER_A_LABEL = 42
#: Size of figures within a picture, in points.
SMALL = 10
#: So many months can each be named by their number.
_MONTHS = 12
#: Where a figure and its unit hold together, no line ends.
_AT_SPACES: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
#: Room for the mark of a name in a legend, and beside it, in inches.
_LEGEND_MARK = 0.58
#: Room on both sides of a title, in inches.
_BESIDE_A_TITLE = 0.15
_STYLE: dict[Any, Any] = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlepad": 12,
    "axes.titley": 1.0,  # no axis has its ticks at the top: finding that out takes a tenth of its time
    "axes.labelsize": 10.5,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "grid.color": "#E6E9ED",
    "grid.linewidth": 0.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "ytick.left": False,
    "font.family": "DejaVu Sans",  # comes with matplotlib, has Cyrillic, same bytes everywhere
    "text.color": INK,
    "text.parse_math": False,  # names from data may hold a dollar sign
    "legend.frameon": False,
    "legend.fontsize": 10,
}


P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")


def styled(draw: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Let a function draw in the house style and the language of its result; settings stay as they were."""

    @wraps(draw)
    def drawn(about: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with sns.axes_style("white"), plt.rc_context(_STYLE):
            return draw(about, *args, **kwargs)

    return spoken(drawn)


def new_axes(ax: Axes | None = None, *, size: tuple[float, float] = WIDE, grid: str = "y") -> Axes:
    """Return the given axes, or new ones; ``grid`` is ``x``, ``y``, ``both`` or empty."""
    if ax is None:
        with sns.axes_style("white"), plt.rc_context(_STYLE):  # also in a notebook of one's own
            _, ax = plt.subplots(figsize=size, layout="constrained")
    if grid:
        ax.grid(visible=True, axis=grid)  # type: ignore[arg-type]
    return ax


def describe(ax: Axes, title: str, alt: str) -> Axes:
    """Give the picture its title and the description that stands for it where it cannot be seen.

    A title wider than the picture goes on in the next line: on a page it would be cut, or shrink all else.
    """
    width = ax.get_figure(root=True).get_figwidth() - _BESIDE_A_TITLE  # type: ignore[union-attr]
    ax.set_title(_in_lines(title, width), loc="left")
    ax.set_label(alt)
    return ax


def title_width(text: str) -> float:
    """Return the width of a title in inches."""
    rc = plt.rcParams
    lines = text.split("\n")
    return max(text_width(line, rc["axes.titlesize"], rc["axes.titleweight"]) for line in lines)


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Return the width of a line in inches, as it will be printed: a screen's measure rounds each letter."""
    letters = FontProperties(family=plt.rcParams["font.family"], size=size, weight=weight)
    return float(text_to_path.get_text_width_height_descent(text, letters, False)[0]) / 72


def _in_lines(title: str, width: float) -> str:
    """Break a title that is too wide, into lines of about the same length."""
    lines = []
    for given in title.split("\n"):
        broken = _broken(given, width)
        for letters in range(len(given) // len(broken), max(map(len, broken))):
            even = textwrap.wrap(given, letters, **_AT_SPACES)
            if len(even) <= len(broken) and all(title_width(line) <= width for line in even):
                broken = even
                break
        lines += broken
    return "\n".join(lines)


def _broken(title: str, width: float) -> list[str]:
    lines = [""]
    for word in title.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and title_width(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def money_axis(axis: Axis, words: Words) -> None:
    """Write the ticks of an axis as money."""
    _ticks(axis, lambda value: words.money(value) if value else "0")


def share_axis(axis: Axis, words: Words) -> None:
    """Write the ticks of an axis as percent."""
    _ticks(axis, lambda value: words.share(value, 0))


def count_axis(axis: Axis, words: Words) -> None:
    """Write the ticks of an axis as whole numbers."""
    axis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value, 0)))


def month_axis(axis: XAxis, months: pd.Series, **letters: Any) -> None:
    """Write months at 0, 1, …: their numbers, and the year where it begins; of many the years alone."""
    step = 1 + (len(months) - 1) // _MONTHS
    shown: Sequence[int] = range((len(months) - 1) % step, len(months), step)
    if len(months) > 2 * _MONTHS:
        shown = [at for at, month in enumerate(months) if month.month == 1][:: 1 + len(months) // 240]
    told = [months.iloc[at] for at in shown]
    labels = [str(month.year) for month in told]
    if len(months) <= 2 * _MONTHS:
        years = [None, *labels, labels[-1]]
        # a year that ends with its first month has no room beside the next
        begins = [years[at] != year == years[at + 2] for at, year in enumerate(labels)]
        labels = [f"{month:%m}\n{month.year}" if new else f"{month:%m}"
                  for month, new in zip(told, begins, strict=True)]  # fmt: skip
    axis.set_ticks(shown, labels, **letters)


def legend_below(ax: Axes, points: float = 24, columns: int = 3) -> None:
    """Put the legend so many points below the axes, in as many columns as the picture has room for."""
    figure: Any = ax.get_figure(root=True)
    below = ScaledTranslation(0, -points / 72, figure.dpi_scale_trans)
    names = ax.get_legend_handles_labels()[1]
    widths = [_LEGEND_MARK + text_width(name, plt.rcParams["legend.fontsize"]) for name in names]
    columns = min(columns, max(len(names), 1))  # names go down them
    while columns > 1 and sum(map(max, np.array_split(widths, columns))) > figure.get_figwidth():
        columns -= 1
    ax.legend(
        loc="upper center", bbox_to_anchor=(0.5, 0), ncols=columns, columnspacing=1,
        bbox_transform=blended_transform_factory(figure.transFigure, ax.transAxes + below),
    )  # fmt: skip


def shorten(label: object, most: int = 24) -> str:
    """Cut a long label, with an ellipsis; blank labels become a dash."""
    written = "" if label is None or label != label else named(str(label))
    text = "".join(sign if sign.isprintable() else " " for sign in written).strip()
    if not text:
        return NONE
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def nothing_to_draw(ax: Axes, why: str) -> Axes:
    """Say in the picture itself why it is empty."""
    ax.set_axis_off()
    ax.set_gid(NOTHING)
    ax.text(0.5, 0.5, why, ha="center", va="center", color=INK, transform=ax.transAxes, wrap=True)
    ax.set_label(why)
    return ax


def _ticks(axis: Axis, write: Callable[[float], str]) -> None:
    # amounts side by side need more room than amounts above each other
    axis.set_major_locator(MaxNLocator(nbins=3 if isinstance(axis, XAxis) else 5, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))
