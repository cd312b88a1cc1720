"""``python -m benchmarks``: measure the rows, print the table, write it as JSON.

What an interrupted run has measured stays beside the results of the run before, with ``.partial`` behind the name.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from fnmatch import fnmatch
from pathlib import Path

import click

from benchmarks.alone import measure_alone
from benchmarks.machine import describe
from benchmarks.peer import ROOT
from benchmarks.row import QUICK, Effort, Row
from benchmarks.rows import BENCHMARKS
from benchmarks.table import line

RESULTS = ROOT / "results"


@click.command()
@click.option("--rows", "patterns", default="*", help="Names to measure, with *, separated by commas.")
@click.option("--quick", is_flag=True, help="Short runs, for trying.")
@click.option("--list", "only_list", is_flag=True, help="Print the names and measure nothing.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where to write; bench.json or, of a part, bench-part.json."
)
def main(patterns: str, quick: bool, only_list: bool, out: Path | None) -> None:  # noqa: FBT001
    """Measure this simulator against its peers, and against itself."""
    chosen = [benchmark for benchmark in BENCHMARKS if named(benchmark.name, patterns)]
    if not chosen:
        raise click.BadParameter(f"no row is called {patterns!r}; see --list", param_hint="--rows")
    if only_list:
        click.echo("\n".join(benchmark.name for benchmark in chosen))
        return
    whole = len(chosen) == len(BENCHMARKS) and not quick
    out = out or RESULTS / ("bench.json" if whole else "bench-part.json")
    effort = QUICK if quick else Effort()
    head = {"machine": describe(), "quick": quick}
    rows: list[Row] = []
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f"{out.name}.partial")
    for benchmark in chosen:
        rows.append(measure_alone(benchmark, effort))
        click.echo(line(rows[-1]))
        text = json.dumps({**head, "rows": [asdict(row) for row in rows]}, indent=1)
        partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(out)
    click.echo(f"{sum(row.holds for row in rows)} of {len(rows)} rows hold; written to {out}")


def named(name: str, patterns: str) -> bool:
    """Whether a name is among patterns that are separated by commas."""
    return any(fnmatch(name, pattern.strip()) for pattern in patterns.split(","))


if __name__ == "__main__":
    main()
