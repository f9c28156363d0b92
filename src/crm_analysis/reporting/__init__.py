"""From notebooks to pages: what ``crm-analysis report`` does, module by module.

Asked, and compared with what stands published:

- ``notebooks`` finds the notebooks, ``parameters`` reads and checks what is put into them; together they are
  an ``order``. ``plan`` makes of it what that means for each period.
- ``ready`` says whether the data are all there, ``slices`` what a period can read of them. ``keys`` is all
  that a report depends on; ``due`` says what of it has changed, and so what has to run.

Run:

- ``run`` waits for its turn (``lock``) and goes through the periods, ``jobs`` notebooks at a time;
  ``period_run`` does one of them from its first notebook to its publication.
- ``execute`` runs one notebook and says how it ended, in a ``kernel`` of its own that talks to a ``client``
  over ``sockets``; ``environment`` is what it sees, ``keeper`` ends what it leaves.
- ``forked`` lets Jupyter start kernels as a ``fork`` of the ``warm`` process, which has loaded all.

Published:

- ``cleaning`` hides paths and secrets in what ran; ``pages``, ``parts`` and ``exporter`` make a page of it,
  which ``sanitize`` cleans and ``gate`` proves. ``again`` makes a page anew without a run.
- ``account`` says in the ``manifest`` what came of it, with what ``earlier`` runs left and what was
  ``restated``. The summary, which runs last, reads that.
- ``publish`` puts the whole folder in place at one stroke; ``site`` renews the page over all periods, read
  from the ``shelf``.

Told: ``progress`` while it goes, ``conclusion`` and ``notify`` when it has ended.
"""

from __future__ import annotations

import sys

# What checks notebooks would load a check of web addresses, too, where there is one. That builds a grammar
# when it is loaded, which takes longer than to load all else that runs a notebook, and notebooks are not
# checked for it: it is told that there is none.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
