"""From notebooks to pages: parameters checked, notebooks run, results published.

``plan`` checks what was asked for, ``run`` runs and publishes it; ``execute`` runs one notebook, ``exporter``
makes a page of it, ``site`` the index of all periods.
"""
