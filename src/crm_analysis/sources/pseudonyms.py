"""Pseudonyms in place of the names of clients and of people who sell, put in where the data are read.

Nothing that comes later knows a name: no page, table, picture, notebook or manifest can show one. The same
name has the same pseudonym in every table and every period, so that figures stay as they are; ranges drawn by
chance differ as any two draws do, because clients are drawn in the order of their ids.

A pseudonym is a keyed hash. Without a key (``hide_names_key``) it hides names from who looks at a page, not
from who has a list of the clients and tries them all; with one, only who has the key can do that. Names
within reasons and other short texts are replaced where a name of two words or more stands there in full; one
that is shortened or misspelt there stays, as do the ids of deals and orders.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_analysis.errors import SourceError
from crm_analysis.schema import TABLES
from crm_analysis.sources.shapes import literal, quote
from crm_analysis.sources.types import types_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from crm_analysis.sources.config import Settings

#: Columns that name somebody, and what they are called instead.
_NAMED = {"customer_id": "Client", "owner": "Owner", "manager": "Owner"}
#: Hexadecimal digits. Two clients must never become one: of a million, two would in one of 37 million tries.
_DIGITS = {"Client": 16, "Owner": 8}
#: The same where it is only read.
_SHOWN_DIGITS = 8
#: An extra column with more different values than this may tell clients from each other.
_MOST_VALUES = 30
_LONGEST_NAME = 8  # words
_WORD = re.compile(r"\w+")
_ADDRESS = re.compile(r"\S+@\S+\.\w+")
_PHONE = re.compile(r"\+?\(?\d(?:[\s().\-/]?\d){6,}")
_SHORT_NUMBER = re.compile(r"[-+]?\d{1,6}(\.\d+)?")

#: Pseudonym by the words of a name.
_Names = dict[tuple[str, ...], str]


def key_of(settings: Settings) -> str:
    """Return the key of the pseudonyms as a hash; empty where names are shown.

    Raises
    ------
    SourceError
        The variable that the settings name for it is not set.
    """
    if not settings.hide_names:
        return ""
    name = settings.hide_names_key.removeprefix("env:")
    if name and not os.environ.get(name):
        raise SourceError(
            f"The variable {name} with the key of the pseudonyms is not set.",
            "Allowed is any text; the same text gives the same pseudonyms.",
            f"Set it: export {name}=…, or remove hide_names_key from crm.toml.",
        )
    return hashlib.sha256(os.environ[name].encode() if name else b"").hexdigest()


def hide_names(con: duckdb.DuckDBPyConnection, tables: Sequence[str], key: str) -> None:
    """Replace names in canonical tables, and leave out extra columns that may tell who somebody is.

    Parameters
    ----------
    con
        Connection that holds the tables.
    tables
        Their names.
    key
        The key, from :func:`key_of`.
    """
    known = _known(con, tables, key)
    for name in tables:
        spec, selects = TABLES[name], []
        for column in types_of(con, f"FROM {quote(name)}"):
            own = quote(column)
            if (sql := _pseudonym_of(name, column, key)) is not None:
                selects.append(f"{sql} AS {own}")
            elif column in spec.names:
                if spec[column].kind == "text":
                    _replace_within(con, name, column, known)
                selects.append(own)
            elif not _tells_who(_values(con, name, column), known):
                selects.append(own)
        con.execute(
            f"CREATE OR REPLACE TABLE {quote(name)} AS SELECT {', '.join(selects)} FROM {quote(name)}"
        )


def _pseudonym_of(table: str, column: str, key: str) -> str | None:
    """Write the SQL of the pseudonym that stands in a column; None where the column names nobody."""
    if column in _NAMED:
        return _pseudonym(column, _NAMED[column], key, _DIGITS[_NAMED[column]])
    if (table, column) == ("customers", "name"):
        return _pseudonym("customer_id", "Client", key, _SHOWN_DIGITS)
    return None


def _pseudonym(column: str, word: str, key: str, digits: int) -> str:
    # hashed twice, each time with the key: what is hashed cannot be continued
    inner = f"sha256({literal(f'{key} {word} ')} || {quote(column)})"
    return f"{literal(word + ' ')} || upper(left(sha256({literal(key)} || {inner}), {digits}))"


def _known(con: duckdb.DuckDBPyConnection, tables: Sequence[str], key: str) -> _Names:
    """Return the pseudonyms of all names there are."""
    found: _Names = {}
    for table in tables:
        for column in types_of(con, f"FROM {quote(table)}"):
            sql = _pseudonym_of(table, column, key)
            if sql is not None:
                rows = con.execute(
                    f"SELECT DISTINCT {quote(column)}, {sql} FROM {quote(table)} "
                    f"WHERE {quote(column)} IS NOT NULL ORDER BY ALL"
                )
                found |= {_words(name): said for name, said in rows.fetchall()}
    return found


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def _values(con: duckdb.DuckDBPyConnection, table: str, column: str) -> list[str]:
    own = quote(column)
    rows = con.execute(
        f"SELECT DISTINCT CAST({own} AS VARCHAR) AS v FROM {quote(table)} WHERE {own} IS NOT NULL ORDER BY v"
    )
    return [row[0] for row in rows.fetchall()]


def _tells_who(values: Sequence[str], known: _Names) -> bool:
    """Say whether the values of an extra column may name clients or people, or tell them from each other."""
    if all(map(_SHORT_NUMBER.fullmatch, values)):
        return False
    personal = any(_words(v) in known or _without_names(v, known) != v for v in values[:_MOST_VALUES])
    return personal or len(values) > _MOST_VALUES


def _replace_within(con: duckdb.DuckDBPyConnection, table: str, column: str, known: _Names) -> None:
    """Replace names, addresses and telephone numbers that stand within a text."""
    values = _values(con, table, column)
    changed = {value: said for value in values if (said := _without_names(value, known)) != value}
    if changed:
        con.register("said instead", pa.table({"value": list(changed), "said": list(changed.values())}))
        con.execute(
            f"UPDATE {quote(table)} SET {quote(column)} = s.said FROM {quote('said instead')} s "
            f"WHERE {quote(column)} = s.value"
        )
        con.unregister("said instead")


def _without_names(text: str, known: Mapping[tuple[str, ...], str]) -> str:
    """Write a text without full names of two words or more, addresses of mail and telephone numbers."""
    words = list(_WORD.finditer(text))
    folded = [word[0].casefold() for word in words]
    parts, position, at = [], 0, 0
    while at < len(words):
        longest = range(min(_LONGEST_NAME, len(words) - at), 1, -1)
        length = next((n for n in longest if tuple(folded[at : at + n]) in known), 0)
        if length:
            parts += [text[position : words[at].start()], known[tuple(folded[at : at + length])]]
            position = words[at + length - 1].end()
        at += length or 1
    text = "".join([*parts, text[position:]])
    return _PHONE.sub("(number)", _ADDRESS.sub("(address)", text))
