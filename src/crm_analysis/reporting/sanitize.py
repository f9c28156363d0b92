"""Clean the HTML that outputs and prose bring, before it stands on a page.

The library escapes text from data where it writes HTML. Notebooks are open to everyone, so the page lets
through only what a report needs: headings, prose, tables, pictures that are part of the file, links within
the report. No script, no style, no form, no address of a host.
"""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from xml.parsers.expat import ExpatError, ParserCreate

import nh3

_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "span", "blockquote", "pre"),
    *("ul", "ol", "li", "dl", "dt", "dd"),
    *("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("figure", "figcaption", "details", "summary", "img", "a"),
    *("strong", "b", "em", "i", "small", "sub", "sup", "code", "abbr", "time"),
}
_ATTRIBUTES = {
    "*": {"class", "aria-label", "aria-hidden", "title"},
    "a": {"href"},
    "col": {"span"},
    "details": {"open"},
    "div": {"role", "tabindex"},
    "h2": {"id"},
    "h3": {"id"},
    "img": {"src", "alt", "width", "height"},
    "li": {"id"},
    "ol": {"start"},
    "p": {"id"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
#: Addresses within the reports: no colon and no leading slash, so that neither a scheme nor a host is named.
WITHIN = re.compile(r"#[\w.\-]*|(\.\./|\./)*[\w.\-][\w.\-/%]*(#[\w.\-]*)?")
# a line may break between a sign and the currency that follows it: "+" above, "€352" below
_SIGN = re.compile(r"([+−])(?=[€$£¥₽])")
#: Pictures that are part of the page.
PICTURE = re.compile(r"data:image/(png|jpeg|webp);base64,[A-Za-z0-9+/=\s]+")
#: What a drawing is made of; nothing of it can run or fetch anything, even where it is saved and opened.
_DRAWN = {"svg", "g", "defs", "path", "use", "clipPath", "rect", "pattern", "image"}
_SVG = "http://www.w3.org/2000/svg"


def _attribute(_tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if WITHIN.fullmatch(value) else None
    if name == "src":
        return value if PICTURE.fullmatch(value) else None
    if name == "tabindex":
        return value if value == "0" else None
    return value


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    clean_content_tags={"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "form"},
    url_schemes={"data"},
    link_rel=None,
)


def clean(markup: str) -> str:
    """Return HTML with nothing but what a report needs.

    Examples
    --------
    >>> clean('<p onclick="alert(1)">7 deals<script>alert(2)</script></p>')
    '<p>7 deals</p>'
    >>> clean('<a href="javascript:alert(1)">x</a> <a href="tables/deals.csv">y</a>')
    '<a>x</a> <a href="tables/deals.csv">y</a>'
    """
    return _SIGN.sub("\\1\N{WORD JOINER}", _CLEANER.clean(markup))


class _Drawing:
    """Reads a drawing as browsers do, as XML, and notes whether there is anything but lines and areas."""

    def __init__(self) -> None:
        self.foreign = False
        self._parser = ParserCreate()
        self._parser.StartElementHandler = self._begins
        self._parser.StartDoctypeDeclHandler = self._parser.StartCdataSectionHandler = self._strange
        self._parser.ProcessingInstructionHandler = self._parser.CommentHandler = self._strange

    def read(self, svg: str) -> None:
        try:
            self._parser.Parse(svg, True)
        except (ExpatError, UnicodeEncodeError):
            self.foreign = True

    def _begins(self, tag: str, about: dict[str, str]) -> None:
        self.foreign |= tag not in _DRAWN or any(itertools.starmap(_leads_elsewhere, about.items()))

    def _strange(self, *_: object) -> None:
        self.foreign = True


def _leads_elsewhere(name: str, value: str) -> bool:
    if name == "xmlns":
        return value != _SVG
    if name.startswith("on"):
        return True
    within = "href" in name and value.startswith("#")
    return not within and ("href" in name or "//" in value) and not PICTURE.fullmatch(value)


def is_drawing(svg: str) -> bool:
    """Say whether an SVG holds nothing but lines and areas.

    Examples
    --------
    >>> is_drawing('<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0L1 1"/></svg>')
    True
    >>> is_drawing("<svg><script>alert(1)</script></svg>")
    False
    """
    drawing = _Drawing()
    drawing.read(svg)
    return svg.startswith("<svg ") and not drawing.foreign


class _Pictures(HTMLParser):
    """Counts pictures that say nothing to those who cannot see them."""

    def __init__(self) -> None:
        super().__init__()
        self.nameless = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        # a picture from elsewhere has lost its source: only its description, if any, is shown
        self.nameless += tag == "img" and "src" in about and not (about.get("alt") or "").strip()


def count_nameless(markup: str) -> int:
    """Count pictures without an alternative text."""
    pictures = _Pictures()
    pictures.feed(markup)
    pictures.close()
    return pictures.nameless
