"""Finds the texts that readers see: in modules, in notebooks. Babel calls these while it gathers messages.

Each yields line number, name of the function, message or forms of it, and comments, as Babel wants them.
"""

from __future__ import annotations

import ast
import json
from typing import IO, TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Message: TypeAlias = tuple[int, str, str | tuple[str, str], list[str]]
#: Functions whose argument of that number is a text.
_TEXT_AT = {"tr": 0, "msg": 0, "Heading": 0}
#: In notebooks, captions are translated where the table is shown.
_CAPTION_AT = {"table": 2}
#: Names that stand for such a text: of a caption, and of why a table is empty.
_CAPTIONS = {"caption", "why"}


def from_python(
    file: IO[bytes],
    keywords: object,  # noqa: ARG001
    comment_tags: object,  # noqa: ARG001
    options: dict[str, str],
) -> Iterator[Message]:
    """Find what is marked in a module; with the option ``all_values`` every value of its dictionaries."""
    tree = ast.parse(file.read())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node, _TEXT_AT)
        elif isinstance(node, ast.Dict) and options.get("all_values"):
            for value in node.values:
                for one in ast.walk(value):
                    if text := _text(one):
                        yield one.lineno, "gettext", text, []  # type: ignore[attr-defined]


def from_notebook(
    file: IO[bytes],
    keywords: object,  # noqa: ARG001
    comment_tags: object,  # noqa: ARG001
    options: object,  # noqa: ARG001
) -> Iterator[Message]:
    """Find the prose of a notebook, a cell a message, and the captions of its tables."""
    for cell in json.load(file)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield 1, "gettext", source, []
        else:
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Call):
                    yield from _of_call(node, _CAPTION_AT)
                elif isinstance(node, ast.Assign):
                    yield from _of_caption(node)


def _of_call(call: ast.Call, text_at: dict[str, int]) -> Iterator[Message]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    texts = [_text(argument) for argument in call.args]
    if name in text_at and len(texts) > text_at[name] and texts[text_at[name]]:
        yield call.lineno, "gettext", texts[text_at[name]], []
    elif name == "plural" and len(texts) > 1 and texts[0] and texts[1]:
        yield call.lineno, "ngettext", (texts[0], texts[1]), []
    elif name in ("counted", "noun") and texts and texts[-1]:
        yield call.lineno, "ngettext", (texts[-1], f"{texts[-1]}s"), []


def _of_caption(assigned: ast.Assign) -> Iterator[Message]:
    """Find a caption that has a line of its own: ``caption = "…"``, also among others on that line."""
    target, value = assigned.targets[0], assigned.value
    together = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
    names = target.elts if together else [target]  # type: ignore[attr-defined]
    values = value.elts if together else [value]  # type: ignore[attr-defined]
    for name, one in zip(names, values, strict=True):
        if getattr(name, "id", "") in _CAPTIONS and _text(one):
            yield one.lineno, "gettext", _text(one), []


def _text(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
