"""Typed parameters of notebooks, checked before anything runs.

papermill itself only warns of an unknown name and turns values it does not know into text.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from crm_analysis.errors import ParameterError, ReportError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Value: TypeAlias = str | int | float | bool

_TYPES: dict[str, type[Value]] = {"str": str, "int": int, "float": float, "bool": bool}
_WITH_PASSWORD = re.compile(r"://[^/\s@]*:[^/\s@]+@")
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}
#: What the runner sets itself.
_RESERVED = {
    "period": "Give the period as the argument of the command.",
    "data": "Give it with --data.",
    "lang": "Give it with --lang.",
    "out": "Give the folder of reports with --out.",
}


@dataclass(frozen=True)
class Parameter:
    """A parameter as a notebook declares it, ``name: type = value  # help``."""

    name: str
    type: str
    default: Value
    help: str

    def read(self, text: str) -> Value:
        """Turn what was typed in a terminal into a value of the type.

        Raises
        ------
        ParameterError
            The text is no such value.
        """
        try:
            if self.type == "bool":
                return _BOOLEANS[text.casefold()]
            value: Value = _TYPES[self.type](text)
        except (KeyError, ValueError) as error:
            raise self._wrong(f'"{text}"') from error
        return value

    def check(self, value: object) -> None:
        """Make sure that a value has the type and can be written into a notebook.

        Raises
        ------
        ParameterError
            It has not, or it holds control characters or a password.
        """
        if isinstance(value, str) and _WITH_PASSWORD.search(value):
            raise self._wrong("an address with a password, which stands in the notebook from then on")
        # to Python True is an int; to who wrote a number it is not
        number = self.type == "float" and isinstance(value, int) and not isinstance(value, bool)
        if type(value) is not _TYPES[self.type] and not number:
            raise self._wrong(f"{value!r} ({type(value).__name__})")
        if isinstance(value, str) and not value.isprintable():
            raise self._wrong(f"{value!r} (with control characters)")

    def _wrong(self, what: str) -> ParameterError:
        return ParameterError(
            f'The parameter "{self.name}" cannot be {what}.',
            f"It is of type {self.type}{f': {self.help}' if self.help else ''}.",
            f"Its default is {self.default!r}.",
        )


def read_parameters(source: str, name: str) -> dict[str, Parameter]:
    """Read the parameters that a cell declares.

    Parameters
    ----------
    source
        Code of the cell tagged ``parameters``.
    name
        Name of the notebook, for messages.

    Raises
    ------
    ReportError
        A line is not ``name: type = value  # help`` with a type of str, int, float, bool and a plain value.
    """
    try:
        lines = ast.parse(source).body
    except SyntaxError as error:
        raise _unreadable(name, error.lineno or 1, source) from error
    comments = _comments(source)
    found: dict[str, Parameter] = {}
    for line in lines:
        match line:
            case ast.AnnAssign(
                target=ast.Name(id=key), annotation=ast.Name(id=kind), value=ast.Constant(value=v)
            ):
                if not isinstance(v, str | int | float) or not isinstance(v, _TYPES.get(kind, ())):
                    raise _unreadable(name, line.lineno, source)
                found[key] = Parameter(key, kind, v, comments.get(line.lineno, ""))
            case _:
                raise _unreadable(name, line.lineno, source)
    return found


def read_typed(
    pairs: Iterable[tuple[str, str]], declared: Iterable[Mapping[str, Parameter]]
) -> dict[str, Value]:
    """Turn names and texts typed in a terminal into values of the declared types.

    Parameters
    ----------
    pairs
        Name and text.
    declared
        The parameters of each notebook that will run.

    Raises
    ------
    ParameterError
        A name that no notebook declares, one that the runner sets itself, or a value of another type.
    """
    known = {name: parameter for one in declared for name, parameter in one.items()}
    values: dict[str, Value] = {}
    for name, text in pairs:
        if name in _RESERVED:
            raise ParameterError(f'The parameter "{name}" is set by the command.', "", _RESERVED[name])
        if name not in known:
            raise unknown(name, (key for key in known if key not in _RESERVED))
        values[name] = known[name].read(text)
    return values


def check_values(
    values: Mapping[str, Value], declared: Mapping[str, Parameter], *, must: Iterable[str], name: str
) -> dict[str, Value]:
    """Return those values that one notebook declares, checked.

    Parameters
    ----------
    values
        Name and value.
    declared
        The parameters of the notebook.
    must
        Names that it has to declare.
    name
        Name of the notebook, for messages.

    Raises
    ------
    ParameterError
        It does not declare what it must, or a value has another type.
    """
    for key in must:
        if key not in declared:
            raise ParameterError(
                f'The notebook {name} has no parameter "{key}".',
                f"It declares {', '.join(declared) or 'none'}.",
                f'Add "{key}" to its cell tagged parameters.',
            )
    mine = {key: value for key, value in values.items() if key in declared}
    for key, value in mine.items():
        declared[key].check(value)
    return mine


def unknown(name: str, allowed: Iterable[str]) -> ParameterError:
    """Make the error for a name that does not exist."""
    names = list(allowed)
    return ParameterError(
        f'There is no parameter "{name}".',
        f"Parameters: {', '.join(names)}.",
        nearest(name, names) or "The cell tagged parameters of each notebook lists its own.",
    )


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def _unreadable(name: str, line: int, source: str) -> ReportError:
    return ReportError(
        f"The parameters of {name} cannot be read at line {line}: {source.splitlines()[line - 1].strip()}",
        "A line is name: type = value  # help, with a type of str, int, float or bool and a plain value.",
        "Put it so, or move other code into a cell of its own.",
    )


def shown_data(data: str) -> str:
    """Name the data for readers: as typed where that lies below the working directory, else its last part."""
    path = Path(data)
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()
