"""``python -m tests.torture [SUITE ...]``: what no run may lose, tried hard; rows go to ``results/torture.json``.

A suite is a module with a function ``run() -> list[Row]``, and has a process of its own, so that none inherits the
memory or the workers of another.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from time import perf_counter

import click

from tests.torture.row import Row, exactly

RESULTS = Path(__file__).parents[2] / "results" / "torture.json"
SUITES: dict[str, str] = {
    "costs": "tests.torture.costs",
    "fuzz": "tests.torture.fuzz",
    "kills": "tests.torture.kills",
    "load": "tests.torture.load",
    "soak": "tests.torture.soak",
}


@click.command()
@click.argument("suites", nargs=-1, type=click.Choice(list(SUITES)))
def torture(suites: Sequence[str]) -> None:
    """Run SUITES (default: all but costs, which needs a quiet machine); exit code 1 if a row does not hold."""
    rows = {name: _run_apart(name) for name in suites or sorted(SUITES.keys() - {"costs"})}
    if not all(row.holds for found in rows.values() for row in found):
        sys.exit(1)


def run_here(suite: str) -> None:
    """Run one suite in this process and write its rows in place of those that it wrote before."""
    began = perf_counter()
    found = [*import_module(SUITES[suite]).run(), Row(f"{suite}: duration", perf_counter() - began, "s")]
    _write(suite, found)


def _run_apart(suite: str) -> list[Row]:
    command = f"from tests.torture.__main__ import run_here; run_here({suite!r})"
    code = subprocess.run([sys.executable, "-c", command], check=False).returncode
    if code:
        _write(suite, [exactly(f"{suite}: exit code", code, "1", 0)])
    found = [Row(**row) for row in json.loads(RESULTS.read_text())[suite]]
    for row in found:
        click.echo(f"{'holds' if row.holds else 'FAILS'}  {row.name}: {row.figure:g} {row.unit}  {row.must}".rstrip())
    return found


def _write(suite: str, rows: Sequence[Row]) -> None:
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known[suite] = [asdict(row) for row in rows]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(known, indent=2) + "\n")


if __name__ == "__main__":
    torture()
