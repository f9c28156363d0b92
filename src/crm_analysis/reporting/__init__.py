"""From notebooks to pages: parameters checked, notebooks run, results published.

``plan`` checks what was asked for, ``run`` runs and publishes it; ``execute`` runs one notebook, ``exporter``
makes a page of it, ``site`` the index of all periods.
"""

from __future__ import annotations

import sys


def _load_nbformat() -> None:
    """Load nbformat, and what it checks notebooks with, but not a check of web addresses.

    That one builds a grammar when it is loaded, which takes longer than to load all else that runs a
    notebook, and notebooks are not checked for it.
    """
    grammar = "rfc3987_syntax"
    if "jsonschema" in sys.modules or grammar in sys.modules:
        return
    sys.modules[grammar] = None  # type: ignore[assignment]
    try:
        import nbformat  # noqa: F401
    finally:
        del sys.modules[grammar]


_load_nbformat()
