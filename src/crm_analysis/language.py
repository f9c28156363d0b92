"""The language in which findings, labels and pages are written: catalogues of gettext, made with Babel.

English is the language of the source; ``locale/<language>`` holds the catalogue of another. What a function
writes follows the view or result that it is given (:func:`spoken`), so that two languages can be used side by
side in one session.

Examples
--------
>>> with speaking("ru"):
...     tr("Revenue")
'Выручка'
>>> tr("Revenue")
'Revenue'
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: What reports can be written in; the first is the language of the source.
LANGUAGES = ("en", "ru")
LOCALE = Path(__file__).parent / "locale"
_current: ContextVar[str] = ContextVar("language", default=LANGUAGES[0])

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")


def current() -> str:
    """Return the language in which is written now."""
    return _current.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Write in a language for a while."""
    before = _current.set(language)
    try:
        yield
    finally:
        _current.reset(before)


def spoken(write: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Let a function write in the language of its first argument, a view or a result."""

    @wraps(write)
    def written(about: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with speaking(_language_of(about)):
            return write(about, *args, **kwargs)

    return written


def tr(text: str, language: str = "") -> str:
    """Return a text of ours in a language, else the one in which is written now.

    A text without a translation, such as a name from the data, stays as it is.
    """
    return _catalogue(language or current()).gettext(text) if text else text


def named(name: str, language: str = "") -> str:
    """Return a name from the data as it is, and a label of ours among names, in round brackets, translated.

    Examples
    --------
    >>> named("Bags"), named("(not stated)", "ru")
    ('Bags', '(не указано)')
    """
    return tr(name, language) if name.startswith("(") else name


def plural(one: str, many: str, count: float, language: str = "") -> str:
    """Return the form of a noun that goes with a count.

    Examples
    --------
    >>> plural("deal", "deals", 1), plural("deal", "deals", 5)
    ('deal', 'deals')
    >>> with speaking("ru"):
    ...     [plural("deal", "deals", count) for count in (1, 2, 5, 21, 2.5)]
    ['сделка', 'сделки', 'сделок', 'сделка', 'сделки']
    """
    # a fraction takes the form of two: 2.5 deals, 2,5 сделки
    form = int(abs(count)) if float(count).is_integer() else 2
    return _catalogue(language or current()).ngettext(one, many, form)


def msg(text: str) -> str:
    """Mark a text for the catalogues that is translated where it is used."""
    return text


@cache
def _catalogue(language: str) -> NullTranslations:
    path = LOCALE / language / "LC_MESSAGES" / "crm_analysis.mo"
    if not path.is_file():
        return NullTranslations()
    with path.open("rb") as file:
        return GNUTranslations(file)


def _language_of(about: Any) -> str:
    """Return the language of a view or of a result; for anything else the present one."""
    if hasattr(about, "context"):
        return str(about.context.words.language)
    return str(getattr(about, "language", current()))
