"""Find out how the text of a file is encoded."""

from __future__ import annotations

import codecs
import encodings.aliases
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from charset_normalizer import from_bytes

from crm_analysis.errors import SourceError, nearest

if TYPE_CHECKING:
    from pathlib import Path

# beside Windows-1252 the single-byte encodings CRM exports come in; others have to be named in crm.toml
_CYRILLIC = ["cp1251", "cp866", "koi8_r"]
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_SIGNATURES = {b"PK\x03\x04": "an Excel workbook or zip archive", b"PAR1": "a Parquet file", b"%PDF": "a PDF"}
_NAMES = {
    "utf-8": "UTF-8",
    "cp1251": "Windows-1251",
    "cp1252": "Windows-1252",
    "koi8_r": "KOI8-R",
    "koi8-r": "KOI8-R",
}
_SINGLE_BYTE = re.compile(r"cp\d{3,4}$|iso8859|koi8|latin|mac")
_ESCAPED = re.compile("[\udc80-\udcff]")  # bytes that could not be decoded
_SAMPLE = 64 * 1024


@dataclass(frozen=True)
class Encoding:
    """The encoding of a text file.

    Parameters
    ----------
    codec
        Name Python knows it by.
    text
        Name for people.
    other
        Codec of the lines that stand in another encoding; empty where all lines agree.
    """

    codec: str
    text: str
    other: str = ""

    @property
    def errors(self) -> str:
        """How bytes that are no text are carried along until their line is set aside."""
        return "replace" if self.codec.startswith(("utf-16", "utf-32")) else "surrogateescape"


def find_encoding(path: Path, given: str | None = None) -> Encoding:
    """Tell the encoding of a text file from its bytes.

    A byte order mark decides; then strict UTF-8; then, where most lines with other than ASCII characters are
    UTF-8, that, and the rest are lines in another encoding; else the likeliest of Windows-1251,
    Windows-1252, CP866 and KOI8-R.

    Parameters
    ----------
    path
        The file.
    given
        What crm.toml says; a byte order mark overrides it.

    Raises
    ------
    SourceError
        Where the file is no text, or `given` is not an encoding.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    for mark, codec, text in _BOMS:
        if start.startswith(mark):
            return Encoding(codec, text)
    if given is None and (wide := _without_mark(start, path)) is not None:
        return wide
    census = _census(path)
    if given is not None:
        return _stated(given, census, path)
    if not census.foreign:
        return Encoding("utf-8", "UTF-8" if census.utf8 else "ASCII")
    guess = guess_single_byte(census.sample)
    if census.utf8 > census.foreign:
        return Encoding("utf-8", "UTF-8", guess)
    return Encoding(guess, name_of(guess), "utf-8" if census.utf8 else "")


def in_other_encoding(line: str, encoding: Encoding) -> bool:
    """Tell whether a line, decoded with ``encoding.errors``, stands in another encoding than its file."""
    if line.isascii():
        return False
    if encoding.errors == "replace":
        return "\N{REPLACEMENT CHARACTER}" in line
    if _ESCAPED.search(line):
        return True
    return encoding.other == "utf-8" and _is_utf8(line.encode(encoding.codec, "surrogateescape"))


def guess_single_byte(sample: bytes) -> str:
    """Name the likeliest single-byte encoding of a sample.

    Examples
    --------
    >>> guess_single_byte("Müller, Öhrström".encode("cp1252")), guess_single_byte("Иванов".encode("cp1251"))
    ('cp1252', 'cp1251')
    """
    runs = _HIGH_BYTES.findall(sample)
    # Cyrillic words are such bytes throughout; western ones have single ones among ASCII letters
    if sum(len(run) for run in runs if len(run) > 1) * 2 <= sum(map(len, runs)):
        return "cp1252"
    best = from_bytes(sample, cp_isolation=_CYRILLIC).best()
    return best.encoding if best is not None and best.encoding in _CYRILLIC else "cp1251"


def name_of(codec: str) -> str:
    """Name an encoding for people."""
    return _NAMES.get(codec, codec.upper())


@dataclass(frozen=True)
class _Census:
    """Lines with other than ASCII characters: how many are UTF-8, how many not, and some that are not."""

    utf8: int
    foreign: int
    sample: bytes


def _census(path: Path) -> _Census:
    utf8 = foreign = taken = 0
    sample = []
    with path.open("rb") as file:
        # a block that is ASCII, or UTF-8 as a whole, is done with in one go
        while lines := list(islice(file, 10_000)):
            block = b"".join(lines)
            if block.isascii():
                continue
            if _is_utf8(block):
                utf8 += sum(not line.isascii() for line in lines)
                continue
            for line in lines:
                if line.isascii():
                    continue
                if _is_utf8(line):
                    utf8 += 1
                else:
                    foreign += 1
                    if taken < _SAMPLE:
                        sample.append(line)
                        taken += len(line)
    return _Census(utf8, foreign, b"".join(sample))


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _stated(given: str, census: _Census, path: Path) -> Encoding:
    """Take the encoding that crm.toml states, unless the file is plainly in UTF-8 instead."""
    try:
        codec = codecs.lookup(given).name
        "a".encode(codec)  # rules out codecs that are no text encodings, as base64
    except (LookupError, ValueError) as error:
        names = {*encodings.aliases.aliases, *encodings.aliases.aliases.values()}
        raise SourceError(
            f'"{given}" is not an encoding (for "{path}").',
            nearest(given, sorted(names)) or "Known are utf-8, utf-16, cp1251, cp1252 and many more.",
            "Correct `encoding` in crm.toml, or leave it out: it is then found out.",
        ) from error
    text = f"{name_of(codec)}, as stated"
    if not _SINGLE_BYTE.match(codec):
        return Encoding(codec, text)
    if census.utf8 and not census.foreign:
        raise SourceError(
            f'"{path}" is said to be {name_of(codec)}, but all of it is UTF-8.',
            "Read as stated, its letters would come out wrong.",
            "Leave `encoding` out of crm.toml: it is then found out.",
        )
    return Encoding(codec, text, "utf-8" if census.utf8 else "")


def _without_mark(start: bytes, path: Path) -> Encoding | None:
    """Tell UTF-16 without a byte order mark by its zero bytes, and refuse what is no text at all."""
    for signature, kind in _SIGNATURES.items():
        if start.startswith(signature):
            raise SourceError(
                f'"{path}" is {kind}, not a text file.',
                "The ending of a file name has to tell what it is.",
                "Give the file the ending of its kind, or export the table as CSV.",
            )
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) <= len(start) / 50:  # a stray one is a character of its field
        return None
    if min(even, odd) > max(even, odd) / 8:  # in UTF-16 the zero bytes of digits and delimiters alternate
        raise SourceError(
            f'"{path}" is not a text file: it holds zero bytes.',
            "A CSV file is text in UTF-8, UTF-16, Windows-1251, Windows-1252 or the like.",
            "Export the table as CSV in UTF-8.",
        )
    return Encoding("utf-16-le" if odd > even else "utf-16-be", "UTF-16 without byte order mark")
