"""Write the page of comparisons with NEST from what ``make validate`` measured.

Run it as ``python docs/make_validation.py``, or with another file that ``python -m validation`` wrote.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from benchmarks.table import amount  # noqa: E402

RESULTS = ROOT / "results" / "validate.json"
PAGE = ROOT / "docs" / "validation.md"

HEAD = """<!-- Written by docs/make_validation.py from results/validate.json. Run make validate, then the script. -->

# Comparison with NEST

What this simulator computes, beside what NEST computes of the same. Every figure is a difference; a row holds if it
is at most what it must be. `make validate` makes all of it anew, prints the table and fails where a row does not
hold.
"""


def page(results: dict[str, Any]) -> str:
    """The whole page."""
    rows, machine = results["rows"], results["machine"]
    n_hold = sum(row["holds"] for row in rows)
    where = (
        f"Made {machine['date'][:10]} at commit {machine['commit']}, with NEST {machine['peers']['nest-simulator']}. "
        f"{n_hold} of {len(rows)} rows hold.\n"
    )
    lines = ["| row | what | figure | must | holds |", "| --- | --- | ---: | ---: | --- |"]
    return "\n".join([HEAD, where, *lines, *map(line, rows), ""])


def line(row: dict[str, Any]) -> str:
    """A row of the table."""
    figure, must = amount(row["figure"], row["unit"]), amount(row["must"], row["unit"])
    what = f"{row['what']} ({row['note']})" if row["note"] else row["what"]
    return f"| `{row['name']}` | {what} | {figure} | <= {must} | {'yes' if row['holds'] else '**no**'} |"


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS
    PAGE.write_text(page(json.loads(source.read_text(encoding="utf-8"))), encoding="utf-8")
    print(PAGE.relative_to(ROOT))
