"""From the headings of a company to canonical names: columns, expressions, constants, values, where."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import duckdb

from crm_analysis.errors import DataError, MappingError, listed, nearest
from crm_analysis.sources.expressions import as_numbers, number_headings, parse_expression, sql_error
from crm_analysis.sources.formats import find_number_format, number_sql, quote
from crm_analysis.sources.raw import LINE, RawTable
from crm_analysis.sources.types import cleaned_sql, literal, text_sql, trimmed_sql, types_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crm_analysis.schema import Table
    from crm_analysis.sources.config import Section, Settings

_TYPO = 0.85
_IN = "#in"


@dataclass(frozen=True)
class Assigned:
    """How one column of a canonical table is made from the raw one."""

    name: str
    sql: str
    label: str
    values: dict[str, str] = field(default_factory=dict)
    #: (heading, SQL of its number) of each heading that an expression reads as a number
    numbers: tuple[tuple[str, str], ...] = ()


class Mapping:
    """The mapping of one table: finds out the columns, then writes the relation ``mapped``.

    Parameters
    ----------
    con
        Connection that holds the raw relation.
    spec, section, raw, settings
        The canonical table, what ``crm.toml`` says of it, the raw table, and the settings.
    where
        How errors call the section.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        spec: Table,
        section: Section,
        raw: RawTable,
        settings: Settings,
        where: str,
    ) -> None:
        self.con, self.spec, self.section, self.raw = con, spec, section, raw
        self.settings, self.where = settings, where
        self.types = types_of(con, f"FROM {quote(raw.relation)}")
        self.facts: dict[str, str] = {}
        self.warnings: list[str] = []
        self.columns = self._assign()

    def _assign(self) -> tuple[Assigned, ...]:
        made: dict[str, Assigned] = {}
        for name, heading in self.section.columns.items():
            made[name] = self._of_heading(name, heading)
        for name, text in self.section.expressions.items():
            made[name] = self._of_expression(name, text)
        for name, value in self.section.constants.items():
            made[name] = Assigned(name, _constant(value), name)
        self._refuse_typos(made)
        self._take_the_rest(made)
        self._require(made)
        for name, values in self.section.values.items():
            if name not in made:
                raise MappingError(
                    f'{self.where} gives values for "{name}", which is no column of the table.',
                    f"Its columns are {', '.join(made)}.",
                    nearest(name, made),
                )
            self._check_values(made[name], values)
            made[name] = Assigned(name, made[name].sql, made[name].label, values, made[name].numbers)
        names = [*(name for name in self.spec.names if name in made)]
        return tuple(made[name] for name in [*names, *(name for name in made if name not in self.spec.names)])

    def _of_heading(self, name: str, heading: str) -> Assigned:
        if heading == "#row":
            return Assigned(name, f"CAST(row_number() OVER (ORDER BY {quote(LINE)}) AS VARCHAR)", name)
        if heading not in self.raw.columns:
            raise MappingError(
                f'{self.where} takes {name} from the heading "{heading}", which does not exist.',
                f"The headings are {listed(self.raw.columns, 12)}.",
                nearest(heading, self.raw.columns),
            )
        return Assigned(name, quote(heading), heading)

    def _of_expression(self, name: str, text: str) -> Assigned:
        place = f"{self.where}, expression {name},"
        sql, numbers = self._with_numbers(text, place)
        return Assigned(name, sql, name, numbers=numbers)

    def _with_numbers(self, text: str, place: str) -> tuple[str, tuple[tuple[str, str], ...]]:
        expression = parse_expression(text, place)
        texts = [heading for heading in self.raw.columns if self.types[heading] == "VARCHAR"]
        readers: dict[str, str] = {}
        for heading in number_headings(expression, texts):
            found = find_number_format(
                self.con,
                self.raw.relation,
                heading,
                missing=self.settings.missing,
                decimal=self.section.decimal,
                thousands=self.section.thousands,
            )
            readers[heading] = number_sql(heading, found)
        sql = as_numbers(expression, readers) if readers else f"(\n{text}\n)"
        try:
            types_of(self.con, f"SELECT {sql} FROM {quote(self.raw.relation)}")
        except duckdb.Error as error:
            raise sql_error(error, place, text, self.raw.columns) from None
        return sql, tuple(readers.items())

    def _refuse_typos(self, made: Iterable[str]) -> None:
        for name in made:
            free = [column for column in self.spec.names if column not in made]
            meant = None if name in self.spec.names else _typo_of(name, free)
            if meant:
                raise MappingError(
                    f'{self.where} makes the column "{name}", which is not canonical and nearly "{meant}".',
                    f"Canonical are {', '.join(self.spec.names)}; other names become extra columns.",
                    f'Did you mean "{meant}"? Otherwise choose a name less like it.',
                )

    def _take_the_rest(self, made: dict[str, Assigned]) -> None:
        """Take what no entry names: canonical columns by their name, the rest as extra columns."""
        used = set(self.section.columns.values())
        canonical = {name.casefold(): name for name in self.spec.names}
        for heading in self.raw.columns:
            if heading in used or heading.startswith("#"):
                continue
            name = canonical.get(heading.casefold(), heading)
            if name.casefold() in {taken.casefold() for taken in made}:
                self.facts[f'heading "{heading}"'] = f"not carried: {name} is made otherwise"
                continue
            if name != heading:
                self.facts[f'heading "{heading}"'] = f"read as {name}"
            made[name] = Assigned(name, quote(heading), heading)
        for name in made:
            meant = None if name in self.spec.names else _typo_of(name, set(self.spec.names) - set(made))
            if meant:
                self.warnings.append(
                    f'{self.spec.name}: the heading "{name}" is kept as an extra column; '
                    f'if it is "{meant}", rename or map it.'
                )

    def _require(self, made: dict[str, Assigned]) -> None:
        lacking = [name for name in self.spec.required if name not in made]
        if self.spec.one_of and not set(self.spec.one_of) & set(made):
            lacking.append(" or ".join(self.spec.one_of))
        if not lacking:
            return
        kind = MappingError if self.where.startswith("[") else DataError
        raise kind(
            f"{self.where} has no column {', '.join(lacking)}.",
            f"The headings are {listed(self.raw.columns, 12)}.",
            f"{nearest(lacking[0], self.raw.columns)} "
            f'Map it in crm.toml: [{self.spec.name}.columns] {lacking[0].split()[0]} = "heading".'.strip(),
        )

    def _check_values(self, column: Assigned, values: dict[str, str]) -> None:
        allowed = self.spec[column.name].allowed if column.name in self.spec.names else ()
        for value in values.values():
            if allowed and value not in (*allowed, ""):
                raise MappingError(
                    f'{self.where} makes {column.name} "{value}".',
                    f"Allowed are {', '.join(allowed)}.",
                    nearest(value, allowed),
                )
        if not self.raw.rows:
            return
        text = self._plain_text(column)
        there = {
            row[0]
            for row in self.con.execute(
                f"SELECT DISTINCT {text} AS v FROM {quote(self.raw.relation)} ORDER BY v LIMIT 10000"
            ).fetchall()
        }
        for key in values:
            if key not in ("*", "") and key not in there:
                seen = sorted(value for value in there if value)
                raise MappingError(
                    f'{self.where} maps the value "{key}" of {column.label}, which does not occur.',
                    f"The values are {listed(seen, 8)}.",
                    nearest(key, seen) or "Remove the entry.",
                )

    def _plain_text(self, column: Assigned) -> str:
        found = self._types([column])[column.name]
        return trimmed_sql(text_sql(column.sql, found))

    def _types(self, columns: Sequence[Assigned]) -> dict[str, str]:
        select = ", ".join(f"{column.sql} AS {quote(column.name)}" for column in columns)
        return types_of(self.con, f"SELECT {select} FROM {quote(self.raw.relation)}")

    def write(self, relation: str) -> int:
        """Write the mapped relation, all text trimmed and the missing made NULL; return the rows left out."""
        types = self._types(self.columns)
        parts = [quote(LINE)]
        for column in self.columns:
            parts.append(f"{self._cleaned(column, types[column.name])} AS {quote(column.name)}")
            parts += self._unread(column)
        source = quote(self.raw.relation)
        condition = "TRUE"
        if self.section.where:
            place = f"{self.where}, where,"
            condition, _ = self._with_numbers(self.section.where, place)
        try:
            # numbered before rows are left out, so that "#row" does not depend on `where`
            self.con.execute(
                f"CREATE OR REPLACE TABLE {quote(relation)} AS SELECT * EXCLUDE ({quote(_IN)}) FROM "
                f"(SELECT {', '.join(parts)}, coalesce({condition}, FALSE) AS {quote(_IN)} FROM {source}) "
                f"WHERE {quote(_IN)}"
            )
        except duckdb.Error as error:
            text = "; ".join([*self.section.expressions.values(), self.section.where or ""])
            raise sql_error(error, self.where, text, self.raw.columns) from None
        kept = self.con.execute(f"SELECT count(*) FROM {quote(relation)}").fetchone()
        total = self.con.execute(f"SELECT count(*) FROM {source}").fetchone()
        return int(total[0]) - int(kept[0]) if kept and total else 0

    def _cleaned(self, column: Assigned, sql_type: str) -> str:
        if sql_type != "VARCHAR" and not column.values:
            return column.sql
        written, marks = text_sql(column.sql, sql_type), self._marks()
        if not column.values:
            return cleaned_sql(written, marks)
        text = trimmed_sql(written)
        named = [
            f"WHEN coalesce({text}, '') = {literal(key)} THEN nullif({literal(value)}, '')"
            for key, value in column.values.items()
            if key != "*"
        ]
        rest = literal(column.values["*"]) if "*" in column.values else text
        missing = f"WHEN {text} IS NULL OR lower({text}) IN ({marks}) THEN NULL"
        return f"CASE {' '.join(named)} {missing} ELSE {rest} END"

    def _marks(self) -> str:
        marks = {mark.strip().casefold() for mark in self.settings.missing} | {""}
        return ", ".join(map(literal, sorted(marks)))

    def _unread(self, column: Assigned) -> list[str]:
        """Hold the text of a heading which an expression needs as a number and which is none."""
        if not column.numbers:
            return []
        cases = [
            f"WHEN ({number}) IS NULL AND lower({trimmed_sql(quote(heading))}) NOT IN ({self._marks()}) "
            f"THEN {quote(heading)}"
            for heading, number in column.numbers
        ]
        return [f"CASE {' '.join(cases)} END AS {quote(unread_name(column.name))}"]


def unread_name(column: str) -> str:
    """Name of the helper column that holds what an expression could not read."""
    return f"#unread {column}"


def _typo_of(name: str, columns: Iterable[str]) -> str | None:
    def meant(column: str) -> bool:
        swapped = sorted(name.casefold()) == sorted(column)  # letters in another order
        return swapped or SequenceMatcher(None, name.casefold(), column).ratio() >= _TYPO

    return next(filter(meant, columns), None)


def _constant(value: object) -> str:
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, datetime):
        return f"TIMESTAMP {literal(value.replace(tzinfo=None).isoformat(sep=' '))}"
    if isinstance(value, date):
        return f"DATE {literal(value.isoformat())}"
    return f"CAST({literal(str(value))} AS VARCHAR)"
