"""Bring the catalogue in step with the source: ``make messages``, in a source tree.

New messages stand empty in the ``.po`` until they are translated; those that the source no longer has go.
The same as ``pybabel extract``, ``update`` and ``compile``, but for its check of the old ``%`` formats: it
takes the "% o" of "10% of revenue" for one.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

LOCALE = Path(__file__).resolve().parent
ROOT = LOCALE.parents[2]
PO = LOCALE / "ru" / "LC_MESSAGES" / "crm_analysis.po"
_FOLDERS = ("src", "notebooks")


def gathered() -> Catalog:
    """Return the messages that the source has now, in order."""
    with (LOCALE / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = Catalog(charset="utf-8")
    every = [
        message
        for folder in _FOLDERS
        for _, _, message, _, _ in extract_from_dir(
            ROOT / folder,
            methods,
            options,
            keywords=DEFAULT_KEYWORDS | {"tr": None},
            directory_filter=lambda name: not Path(name).name.startswith("."),
        )
    ]
    for message in sorted(every, key=_first):
        found.add(message)
    return found


def in_step(catalogue: Catalog, template: Catalog) -> Catalog:
    """Give a catalogue the messages of a template; what is translated already stays."""
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


def read(path: Path = PO) -> Catalog:
    """Read a catalogue of translations."""
    with path.open("rb") as file:
        return read_po(file, locale="ru")


def po_of(catalogue: Catalog) -> bytes:
    """Return a catalogue as people edit it."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=0, omit_header=False)
    return buffer.getvalue()


def mo_of(catalogue: Catalog) -> bytes:
    """Return a catalogue as programs read it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def main() -> None:
    """Write the catalogue anew, and say how many messages want a translation."""
    catalogue = in_step(read(), gathered())
    PO.write_bytes(po_of(catalogue))
    PO.with_suffix(".mo").write_bytes(mo_of(catalogue))
    empty = sum(not message.string or not all(message.string) for message in catalogue if message.id)
    print(f"{len(catalogue)} messages, {empty} of them without a translation.")


def _first(message: str | tuple[str, ...]) -> str:
    return message if isinstance(message, str) else message[0]


if __name__ == "__main__":
    main()
