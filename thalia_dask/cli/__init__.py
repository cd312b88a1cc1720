"""The command ``thalia-dask``.

A command imports what it needs when it runs, so that ``--help`` and ``describe`` need not wait for torch and Dask,
nor do the worker processes, which import this module before anything else.
"""

from thalia_dask.cli.group import main

__all__ = ["main"]
