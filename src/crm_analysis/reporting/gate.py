"""What must hold before anything is published: no secret in any file, and pages that can only be read.

Whatever was done before to keep secrets and scripts away, here it is proved on the bytes that readers get.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from crm_analysis.errors import ReportError, listed
from crm_analysis.reporting.cleaning import written_forms
from crm_analysis.reporting.sanitize import PICTURE, WITHIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_POLICY = "content-security-policy"
#: What a policy may allow: nothing that names a host, or lets a script run that is not named by its hash.
_DIRECTIVE = re.compile(
    r"default-src 'none'|img-src data:|style-src 'unsafe-inline'|base-uri 'none'|form-action 'none'"
    r"|script-src( 'sha256-[A-Za-z0-9+/=]+')+"
)
_NEEDED = ("default-src 'none'", "base-uri 'none'", "form-action 'none'")
_FOREIGN = {"applet", "base", "embed", "form", "frame", "frameset", "iframe", "link", "object", "portal"}
_ADDRESSES = {"action", "background", "cite", "data", "formaction", "href", "manifest", "ping", "poster",
              "src", "srcset", "xlink:href"}  # fmt: skip
#: Only the exporter writes the address of a drawing, of which it knows what it is made of.
_DRAWING = re.compile(PICTURE.pattern + r"|data:image/svg\+xml,[\w '!$()*+,\-./:;=?@\[\]~%]+")
_ALLOWED = {"href": WITHIN, "src": _DRAWING}


def check_secrets(folder: Path, names: Iterable[str], secrets: Mapping[str, str]) -> None:
    """Make sure that files hold no secret, in none of the ways one is written.

    Parameters
    ----------
    folder
        Where the files lie.
    names
        Their names in it; a workbook is looked into.
    secrets
        Secret text by the name that may be shown.

    Raises
    ------
    ReportError
        One does; the message names the file and the variable, not the secret.
    """
    forms = {
        name: [form.encode() for form in written_forms(secret)] for name, secret in secrets.items() if secret
    }
    if not forms:
        return
    for name in sorted(names):
        for content in _contents(folder / name):
            if held := [variable for variable, known in forms.items() if any(f in content for f in known)]:
                raise ReportError(
                    f"{name} holds what stands in the variable {listed(held)}.",
                    "What is secret is never published, in whatever way it is written.",
                    "Take it out of the notebook or of the data; a password that is an ordinary word "
                    "has to be changed.",
                )


def _contents(path: Path) -> Iterator[bytes]:
    yield path.name.encode()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(member) for member in archive.namelist())
    else:
        yield path.read_bytes()


def check_page(markup: str, title: str) -> None:
    """Make sure that a page can do nothing but be read.

    Parameters
    ----------
    markup
        The whole page.
    title
        How the message calls it.

    Raises
    ------
    ReportError
        It has no policy that forbids it everything or not as the first thing, a script that the policy does
        not name, an address of another place, no title or several, or a picture without a description.

    Examples
    --------
    >>> check_page("<html><head><script src='https://host.example/x.js'></script>", "Sales")
    Traceback (most recent call last):
        ...
    crm_analysis.errors.ReportError: The page "Sales" has an address in src of script.
    A page asks no other computer for anything and runs nothing.
    Take it out of the notebook that makes the page.
    """
    page = _Page()
    page.feed(markup)
    page.close()
    if page.faults:
        raise ReportError(
            f'The page "{title}" has {page.faults[0]}.',
            "A page asks no other computer for anything and runs nothing.",
            "Take it out of the notebook that makes the page.",
        )
    if page.titles != 1:
        raise ReportError(
            f'The page "{title}" has {page.titles} headings of the first level.',
            "A page has one: its title.",
            'Begin the first markdown cell with "# " and use "## " for the parts.',
        )


class _Page(HTMLParser):
    """Reads a page and notes what it must not have."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.titles = 0
        self._policy = ""
        self._script: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = {name: value or "" for name, value in attrs}
        self.titles += tag == "h1"
        if tag in _FOREIGN:
            self.faults.append(f"the element {tag}")
        for name, value in about.items():
            if name.startswith("on"):
                self.faults.append(f"{name}, which would run a script")
            elif name in _ADDRESSES and not (name in _ALLOWED and _ALLOWED[name].fullmatch(value)):
                self.faults.append(f"an address in {name} of {tag}")
        if tag == "meta" and "http-equiv" in about:
            self._take_policy(about)
        elif tag not in ("html", "head") and not self._policy and "charset" not in about:
            self.faults.append("no policy before everything else")
        if tag == "script":
            self._script = []

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self._script.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._script is not None:
            digest = base64.b64encode(hashlib.sha256("".join(self._script).encode()).digest()).decode()
            if f"'sha256-{digest}'" not in self._policy:
                self.faults.append("a script that its policy does not name")
            self._script = None

    def _take_policy(self, about: dict[str, str]) -> None:
        directives = [part.strip() for part in about.get("content", "").split(";")]
        sound = all(map(_DIRECTIVE.fullmatch, directives)) and set(_NEEDED) <= set(directives)
        if about["http-equiv"].lower() != _POLICY or not sound or self._policy:
            self.faults.append("another policy than that of the reports")
        self._policy = self._policy or "; ".join(directives)
