"""All rows of the table, in its order."""

from __future__ import annotations

from benchmarks.row import Benchmark
from benchmarks.rows.brains import BRAINS
from benchmarks.rows.exchange import EXCHANGE
from benchmarks.rows.learning import LEARNING
from benchmarks.rows.microcircuit import MICROCIRCUIT
from benchmarks.rows.pairs import PAIRS
from benchmarks.rows.several_areas import SEVERAL_AREAS
from benchmarks.rows.size import SIZE

BENCHMARKS: tuple[Benchmark, ...] = (*PAIRS, *MICROCIRCUIT, *SEVERAL_AREAS, *BRAINS, *EXCHANGE, *SIZE, *LEARNING)
