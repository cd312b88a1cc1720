"""The page says what was measured."""

from __future__ import annotations

from dataclasses import asdict

from benchmarks.row import Benchmark, Measurement, failed, measured
from docs import make_benchmarks

PAIR = Benchmark("net/nest", "a net", "x", must=2.0, aim=4.0, measure=lambda effort: None, more_is_better=True)
DETAILS = {"ours_s_per_s": 0.01, "theirs_s_per_s": 0.03, "ours_hz": 5.1, "theirs_hz": 5.2}
MACHINE = {
    "date": "2026-01-02T03:04+00:00",
    "cpu": "Abacus 9",
    "cores": 2,
    "memory_gb": 8.0,
    "system": "Linux",
    "load_before": 0.1,
    "commit": "abc1234",
    "compiler": "g++ 13",
    "versions": {"python": "3.11"},
    "peers": {"brian2": "2.9.0"},
}
ON_GPU = {
    "machine": MACHINE,
    "device": "Abacus G",
    "torch": "2.13.0",
    "steps": 300,
    "repeats": 5,
    "rows": [
        {"neurons": 20000, "form": "recorded", "us": 9.5, "least_us": 9, "most_us": 12, "ratio": 3.1, "rate_hz": 4.6}
    ],
}


def page(quick: bool = False) -> str:
    rows = [measured(PAIR, Measurement([3.0, 2.5], details=DETAILS)), failed(PAIR, ValueError("no compiler"))]
    return make_benchmarks.page({"machine": MACHINE, "quick": quick, "rows": [asdict(row) for row in rows]}, ON_GPU)


def test_page_names_the_machine_and_every_row() -> None:
    text = page()
    assert "Abacus 9" in text
    assert "1 of 2 rows hold." in text
    assert "| `net/nest` | a net | 2.75 x | 2.5-3 | >= 2 x | >= 4 x | yes |" in text
    assert "| `net/nest` | a net (not measured: no compiler) | - |  | >= 2 x | >= 4 x | **no** |" in text
    assert "| `net/nest` | 0.01 | 0.03 | 5.1 | 5.2 |" in text
    assert "Abacus G" in text
    assert "| 20,000 | recorded | 9.5 | 9-12 | 3.1 | 4.6 |" in text


def test_page_of_short_runs_says_so() -> None:
    assert "noisy" in page(quick=True)
    assert "noisy" not in page()
