"""From notebooks to pages, in the order in which ``crm-analysis report`` goes through the modules.

1. ``notebooks`` finds the notebooks; ``order`` is what was asked for, its ``parameters`` checked.
2. ``plan`` says what that means for each period: ``ready`` whether the data are all there, ``slices`` what
   they hold, ``keys`` all that a report depends on, ``due`` what has changed since it was published.
3. ``run`` takes turns with other runs (``lock``), begins the ``warm`` process and does the plans.
4. ``period_run`` does one: ``execute`` runs each notebook in a kernel of its own, ``forked`` from the warm
   process or cold; ``environment``, ``sockets`` and ``keeper`` see that it sees, shows and leaves nothing.
5. ``cleaning`` hides paths and secrets in what ran; ``pages`` and ``exporter`` make a page of it, cleaned by
   ``sanitize`` and proved by ``gate``; ``again`` makes one anew without a run.
6. ``account`` says in the ``manifest`` what came of it, with what ``earlier`` runs left and what was
   ``restated``; the summary, which runs last, reads that.
7. ``publish`` puts the whole folder in place at one stroke; ``site`` renews the page over all periods.
8. ``progress`` shows or logs how it goes; ``conclusion`` and ``notify`` tell people how it ended.
"""

from __future__ import annotations

import sys

# What checks notebooks would load a check of web addresses, too, where there is one. That builds a grammar
# when it is loaded, which takes longer than to load all else that runs a notebook, and notebooks are not
# checked for it: it is told that there is none.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
