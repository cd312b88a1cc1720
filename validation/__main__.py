"""``python -m validation``: compare with NEST, print the table, write it as JSON, fail where a row does not hold."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from benchmarks.__main__ import RESULTS, named
from benchmarks.machine import describe
from benchmarks.table import amount
from validation.checks import CHECKS
from validation.row import Row


@click.command()
@click.option("--checks", "patterns", default="*", help="Names of checks, with *, separated by commas.")
@click.option("--list", "only_list", is_flag=True, help="Print the names and measure nothing.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where to write; validate.json or, of a part, validate-part.json."
)
def main(patterns: str, only_list: bool, out: Path | None) -> None:  # noqa: FBT001
    """Compare this simulator with NEST."""
    chosen = [check for check in CHECKS if named(check.name, patterns)]
    if not chosen:
        raise click.BadParameter(f"no check is called {patterns!r}; see --list", param_hint="--checks")
    if only_list:
        click.echo("\n".join(check.name for check in chosen))
        return
    head, rows = describe(), list[Row]()
    for check in chosen:
        for row in check.rows():
            rows.append(row)
            click.echo(line(row))
    n_hold = sum(row.holds for row in rows)
    out = out or RESULTS / ("validate.json" if len(chosen) == len(CHECKS) else "validate-part.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"machine": head, "rows": [row.as_json() for row in rows]}, indent=1)
    out.write_text(text + "\n", encoding="utf-8")
    click.echo(f"{n_hold} of {len(rows)} rows hold; written to {out}")
    sys.exit(n_hold < len(rows))


def line(row: Row) -> str:
    """A row for the terminal."""
    verdict = "holds" if row.holds else "FALLS SHORT" if row.figure is not None else "-"
    figure, must = amount(row.figure, row.unit), amount(row.must, row.unit)
    text = f"{row.name:<36}{figure:>16}   must <= {must:<14}{verdict}"
    return f"{text}  ({row.note})" if row.note else text


if __name__ == "__main__":
    main()
