"""What populations are compared by: distributions of rates, of irregularity and of correlation.

The three statistics, their bins and the number of neurons that are correlated are those by which the microcircuit of
Potjans & Diesmann is verified: van Albada et al. (2018), Front. Neuroinform. 12:291.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

N_CORRELATED = 200
BIN_MS = 2.0
LEAST_INTERVALS = 2


class Activity(NamedTuple):
    """Spikes of a population: their steps and neurons, int, shape (spikes,), ordered by step."""

    steps: NDArray[np.integer]
    neurons: NDArray[np.integer]
    n_neurons: int
    duration_ms: float
    dt_ms: float

    def rates_hz(self) -> Doubles:
        """Mean rate of every neuron."""
        return np.bincount(self.neurons, minlength=self.n_neurons) / self.duration_ms * 1e3

    def interval_cvs(self) -> Doubles:
        """Coefficient of variation of the intervals of every neuron that has at least two."""
        order = np.lexsort((self.steps, self.neurons))
        neurons, intervals = self.neurons[order], np.diff(self.steps[order])
        of = neurons[1:][neurons[1:] == neurons[:-1]]
        intervals = intervals[neurons[1:] == neurons[:-1]].astype(float)
        n = np.bincount(of, minlength=self.n_neurons)
        enough = n >= LEAST_INTERVALS
        mean = np.bincount(of, intervals, self.n_neurons)[enough] / n[enough]
        square = np.bincount(of, intervals**2, self.n_neurons)[enough] / n[enough]
        return np.sqrt(np.maximum(square - mean**2, 0.0)) / mean

    def correlations(self) -> Doubles:
        """Correlation coefficient of the spike counts of every two of the first neurons that fire."""
        firing = np.unique(self.neurons)[:N_CORRELATED]
        chosen = np.isin(self.neurons, firing)
        bins = (self.steps[chosen] * self.dt_ms / BIN_MS).astype(int)
        counts = np.zeros((len(firing), round(self.duration_ms / BIN_MS)))
        np.add.at(counts, (np.searchsorted(firing, self.neurons[chosen]), bins), 1.0)
        coefficients = np.corrcoef(counts)[np.triu_indices(len(firing), 1)]
        return coefficients[np.isfinite(coefficients)]


def distance(left: Doubles, right: Doubles) -> float:
    """Kolmogorov-Smirnov distance of two samples: the largest difference of their cumulative distributions."""
    if not len(left) or not len(right):
        return float(len(left) != len(right))
    everywhere = np.concatenate([left, right])
    shares = [np.searchsorted(np.sort(sample), everywhere, side="right") / len(sample) for sample in (left, right)]
    return float(np.abs(shares[0] - shares[1]).max())
