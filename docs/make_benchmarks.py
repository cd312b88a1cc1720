"""Write the page of benchmarks from what ``make bench`` measured.

Run it as ``python docs/make_benchmarks.py``, or with another file that ``python -m benchmarks`` wrote. What
``python -m benchmarks.torch_path`` wrote on a machine with a GPU is kept in ``docs/gpu.json``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from benchmarks.row import Row  # noqa: E402
from benchmarks.table import amount, bound  # noqa: E402

RESULTS = ROOT / "results" / "bench.json"
GPU = ROOT / "docs" / "gpu.json"
PAGE = ROOT / "docs" / "benchmarks.md"

HEAD = """<!-- Written by docs/make_benchmarks.py from results/bench.json and docs/gpu.json, after make bench. -->

# Benchmarks
"""

METHOD = """## How it is measured

- *Must* is what a figure has to reach for its row to hold; *aim* is what work on speed is for, and nothing depends on
  it.
- Both sides of a pair build the same network from one list of edges: the same synapses, efficacies, delays and
  initial potentials. Steps of 0.1 ms, one thread each unless the row says otherwise.
- 200 ms of warm-up are simulated first and not counted; neither is building or compiling. Nothing is recorded.
- The two take turns (ours, theirs, ours, theirs ...); each pair of runs gives a ratio, and the figure is their
  median.
- Before speed counts, the mean rates of both must agree within 5 % (20 % in short runs). A row whose rates
  do not agree does not hold. Poisson input comes from each simulator's own generator.
- NEST and Brian2 are their wheels from PyPI. NEST stores a weight once where all are equal. Brian2 generates C++ that
  is compiled on this machine (`-O3 -ffast-math -march=native`), with constants where weights or delays are equal.
- CUBA has 80 synapses per neuron at 4000 neurons and 400 at 20 000 (2 % of the possible ones); efficacies shrink so
  that number x efficacy stays. COBA has the same edges; its resting potential is -49 mV, because at -60 mV it falls
  silent sooner or later, in any simulator.
- The microcircuit against NEST is one list of edges; alone, it draws its synapses itself. Areas have 400 synapses per
  neuron, 96 of them from three other areas.

Reproduce: `make bench`, which makes `.venv-peers` for the two; `make bench ROWS='cuba-*' QUICK=1` tries a part.
"""


def page(results: dict[str, object], on_gpu: dict[str, object]) -> str:
    """The whole page, from what the two programs wrote."""
    rows = [Row(**{**row, "spread": row["spread"] and tuple(row["spread"])}) for row in results["rows"]]
    parts = [HEAD, where(results["machine"], len(rows), sum(row.holds for row in rows))]
    if results["quick"]:
        parts.append("**Short runs, for trying: these figures are noisy.**\n")
    return "\n".join([*parts, "## All rows\n", *table(rows), "", "## Pairs\n", *pairs(rows), "", gpu(on_gpu), METHOD])


def where(machine: dict[str, object], n_rows: int, n_hold: int) -> str:
    """The machine, the versions, the date, and how many rows hold."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    peers = ", ".join(f"{name} {version}" for name, version in machine["peers"].items())
    return (
        f"Measured {machine['date'][:10]} at commit {machine['commit']} on {machine['cores']} cores of "
        f"{machine['cpu']}, {machine['memory_gb']} GB, {machine['system']}; {versions}. "
        f"Peers: {peers}; {machine['compiler']}. Load before: {machine['load_before']}.\n\n"
        f"{n_hold} of {n_rows} rows hold.\n"
    )


def table(rows: list[Row]) -> list[str]:
    """Every row: what it must be, what it aims at, what it is."""
    lines = [
        "| row | what | figure | range | must | aim | holds |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        spread = f"{row.spread[0]:.3g}-{row.spread[1]:.3g}" if row.spread else ""
        verdict = ("yes" if row.holds else "**no**") + (
            ", aim reached" if row.reaches_aim and row.aim is not None else ""
        )
        lines.append(
            f"| `{row.name}` | {row.what}{row.note and f' ({row.note})'} | {amount(row.figure, row.unit)} | {spread} "
            f"| {bound(row, row.must)} | {bound(row, row.aim)} | {verdict} |"
        )
    return lines


def pairs(rows: list[Row]) -> list[str]:
    """Both sides of every comparison: seconds for a second of simulation, and rates."""
    lines = [
        "| row | ours (s/s) | theirs (s/s) | ours (Hz) | theirs (Hz) |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        if "theirs_hz" in row.details:
            cells = [row.details[key] for key in ("ours_s_per_s", "theirs_s_per_s", "ours_hz", "theirs_hz")]
            lines.append(f"| `{row.name}` | " + " | ".join(f"{cell:.3g}" for cell in cells) + " |")
    return lines


def gpu(results: dict[str, object]) -> str:
    """Steps by the kernels on a core, and in torch operations on a device."""
    machine = results["machine"]
    lines = [
        "## On a GPU\n",
        "A step of 0.1 ms of the CUBA network, 100 synapses onto every neuron, delays 0.1-1.5 ms, on "
        f"{results['device']}: in torch operations that are launched one by one, or as the *recorded* step (a CUDA "
        "graph), which is what `device: cuda` uses. *Kernels* are those of the CPU, on one core of the same machine. "
        f"Median of {results['repeats']} alternating runs of {results['steps']} steps, what is fetched included. "
        f"Measured {machine['date'][:10]}, torch {results['torch']}.\n",
        "| neurons | form | us a step | range | times faster than kernels | Hz |",
        "| ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for row in results["rows"]:
        span = f"{row['least_us']}-{row['most_us']}"
        lines.append(
            f"| {row['neurons']:,} | {row['form']} | {row['us']} | {span} | {row['ratio']} | {row['rate_hz']} |"
        )
    lines.append("\nReproduce: `python -m benchmarks.torch_path`, with a build of torch for CUDA.\n")
    return "\n".join(lines)


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS
    PAGE.write_text(page(*(json.loads(path.read_text(encoding="utf-8")) for path in (source, GPU))), encoding="utf-8")
    print(PAGE.relative_to(ROOT))
