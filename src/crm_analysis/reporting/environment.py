"""Which variables of the environment a notebook sees: what Python needs, and what its data need.

What else stands in the environment of a scheduler (passwords of other programs, tokens) is not for a notebook
to see, and so cannot end up on a page.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NEEDED = re.compile(
    # where things are, who runs it, how it speaks
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG\w*|LC_\w+|TZ|TERM|TMPDIR|TEMP|TMP|XDG_\w+|LD_\w+|DYLD_\w+"
    # Python, its libraries, this package
    r"|PYTHON\w*|VIRTUAL_ENV|CONDA_PREFIX|JUPYTER\w*|JPY_\w+|IPYTHON\w*|MPL\w+|MATPLOTLIB\w+|OMP_\w+|OPENBLAS_\w+|MKL_\w+"
    r"|NUMBA_\w+|JE_ARROW_\w+|ARROW_\w+|COVERAGE_\w+|COV_CORE_\w+|CRM_ANALYSIS_\w+|SSL_CERT_\w+"
    # Windows
    r"|SYSTEMROOT|WINDIR|COMSPEC|PATHEXT|APPDATA|LOCALAPPDATA|PROGRAMDATA|USERPROFILE|NUMBER_OF_PROCESSORS",
    re.IGNORECASE,
)


def of_kernel(environment: Mapping[str, str], variables: Iterable[str] = ()) -> dict[str, str]:
    """Return the part of an environment that a kernel sees.

    Parameters
    ----------
    environment
        That of the process which starts it.
    variables
        Names that the data need besides, as the settings tell.

    Examples
    --------
    >>> of_kernel({"PATH": "/bin", "DEPLOY_TOKEN": "x", "CRM_DB": "postgresql://…"}, ["CRM_DB"])
    {'PATH': '/bin', 'CRM_DB': 'postgresql://…'}
    """
    also = set(variables)
    return {name: text for name, text in environment.items() if name in also or _NEEDED.fullmatch(name)}
