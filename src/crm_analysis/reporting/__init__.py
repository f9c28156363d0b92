"""From notebooks to pages: parameters checked, notebooks run, results published.

``plan`` checks what was asked for, ``run`` runs and publishes it; ``execute`` runs one notebook, ``exporter``
makes a page of it, ``site`` the index of all periods.
"""

from __future__ import annotations

import sys

# What checks notebooks would load a check of web addresses, too, where there is one. That builds a grammar
# when it is loaded, which takes longer than to load all else that runs a notebook, and notebooks are not
# checked for it: it is told that there is none.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
