"""What the hippocampus is asked: to keep patterns apart, to recall them from a part, to notice what does not fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.behaviour.alone import Alone, Spikes
from tests.behaviour.patterns import Pattern, Response, blend, correlation, random_patterns, share_of
from thalia_dask.modulation.neuromodulators import NEUROMODULATORS
from thalia_dask.modulation.oscillators import SEPTAL_DELAY_MS, phase
from thalia_dask.regions.spec import ParamValue

SIZE, N_AXONS, N_ACTIVE, RATE_HZ = 800, 200, 40, 100.0
SHOW_MS, PAUSE_MS = 500, 500
WAKING = NEUROMODULATORS["acetylcholine"].baseline
NOVELTY = 1.0 - WAKING
"""Acetylcholine that a novel pattern releases."""


def hippocampus(seed: int, **params: ParamValue) -> Alone:
    region = Alone("hippocampus", SIZE, {"perforant": N_AXONS}, seed, **params)
    region.run(125)
    return region


def show(region: Alone, pattern: Pattern, **released: float) -> dict[str, Spikes]:
    return region.run(SHOW_MS, {"perforant": RATE_HZ * pattern}, **released)


def encoding(start: int, n_steps: int) -> NDArray[np.bool_]:
    """Which steps lie in the half of theta in which synapses learn, shape (n_steps,)."""
    delay_ms = SEPTAL_DELAY_MS["hippocampus"]
    return np.array([np.cos(phase("theta", step, 1.0, delay_ms)) > 0.0 for step in range(start, start + n_steps)])


def counts(spikes: Spikes, during: NDArray[np.bool_] | None = None) -> Response:
    """Spikes of each cell, in the steps that are marked."""
    return (spikes if during is None else spikes[during]).sum(0).astype(float)


def separation(seed: int, similarities: tuple[float, ...], n_pairs: int = 4) -> NDArray[np.float64]:
    """How alike two patterns are, and the responses of granule cells to them, (similarities, 2), mean over pairs.

    Each is shown as something novel; nothing is learned.
    """
    region = hippocampus(seed, hebbian_rate=0.0)

    def response(pattern: Pattern) -> Response:
        region.run(PAUSE_MS)
        return counts(show(region, pattern, acetylcholine=NOVELTY)["dg"])

    alike = np.zeros((n_pairs, len(similarities), 2))
    for pair in range(n_pairs):
        pattern, other = random_patterns(seed + 100 * pair, 2, N_AXONS, N_ACTIVE)
        first = response(pattern)
        for row, similarity in zip(alike[pair], similarities, strict=True):
            variant = blend(seed, pattern, other, similarity)
            row[:] = correlation(pattern.astype(float), variant.astype(float)), correlation(first, response(variant))
    return alike.mean(0)


def many_patterns(seed: int, n_patterns: int = 16, **params: ParamValue) -> dict[str, Spikes]:
    """Spikes of all populations while patterns follow one another without a pause."""
    region = hippocampus(seed, **params)
    shown = [show(region, pattern) for pattern in random_patterns(seed, n_patterns, N_AXONS, N_ACTIVE)]
    return {name: np.concatenate([spikes[name] for spikes in shown]) for name in shown[0]}


class Memory:
    """A hippocampus that was shown some patterns, each once, as something novel.

    Attributes
    ----------
    patterns : bool, shape (patterns, axons).
    stored : spikes of each CA3 cell while a pattern was shown, in encoding phases, shape (patterns, cells).
    stored_ca1 : the same of CA1.
    """

    def __init__(self, seed: int, n_patterns: int = 10, **params: ParamValue) -> None:
        self.seed = seed
        self.region = hippocampus(seed, **params)
        self.patterns = random_patterns(seed, n_patterns, N_AXONS, N_ACTIVE)
        self.stored, self.stored_ca1 = [], []
        for pattern in self.patterns:
            now = encoding(self.region.now, SHOW_MS)
            spikes = show(self.region, pattern, acetylcholine=NOVELTY)
            self.stored.append(counts(spikes["ca3"], now))
            self.stored_ca1.append(counts(spikes["ca1"], now))
            self.region.run(PAUSE_MS)
        self._saved = self.region.save()

    def see(self, pattern: Pattern) -> Seen:
        """Show a pattern to the hippocampus as it was after storage."""
        self.region.go_back(self._saved)
        encodes = encoding(self.region.now, SHOW_MS)
        return Seen(show(self.region, pattern), encodes)

    def recall(self, cue_share: float = 0.5, phase: str = "retrieved") -> NDArray[np.float64]:
        """How like each stored response CA3's response to a part of each pattern is, shape (cued, stored)."""
        rows = []
        for number, pattern in enumerate(self.patterns):
            seen = self.see(share_of(self.seed + number, pattern, cue_share))
            recalled = seen.retrieved("ca3") if phase == "retrieved" else seen.encoded("ca3")
            rows.append([correlation(recalled, stored) for stored in self.stored])
        return np.array(rows)

    def violations(self) -> tuple[list[Seen], list[Seen]]:
        """Responses to the stored patterns, and to patterns of which one half is as stored, the other new."""
        others = random_patterns(self.seed + 1000, len(self.patterns), N_AXONS, N_ACTIVE)
        wrong = [blend(self.seed, p, o, 0.5) for p, o in zip(self.patterns, others, strict=True)]
        return [self.see(p) for p in self.patterns], [self.see(p) for p in wrong]

    def rest(self, duration_ms: int) -> Spikes:
        """Spikes of CA3 without input and without acetylcholine, the first 100 ms left out."""
        self.region.go_back(self._saved)
        cleared = WAKING * -np.expm1(-25 / NEUROMODULATORS["acetylcholine"].tau_ms)
        self.region.run(25, acetylcholine=-WAKING)
        spikes = [self.region.run(25, acetylcholine=-cleared)["ca3"] for _ in range(3 + duration_ms // 25)]
        return np.concatenate(spikes[3:])

    def replay(self, duration_ms: int = 3000, window_ms: int = 25, at_least: int = 5) -> list[tuple[int, float]]:
        """Windows at rest in which so many CA3 cells fire: the stored pattern most alike, and how much."""
        events = []
        for burst in self.rest(duration_ms).reshape(-1, window_ms, len(self.stored[0])):
            if burst.any(0).sum() >= at_least:
                alike = [correlation(counts(burst), stored) for stored in self.stored]
                events.append((int(np.argmax(alike)), max(alike)))
        return events


@dataclass(frozen=True)
class Seen:
    """Spikes of all populations while a pattern was shown, and in which steps theta was at its encoding half."""

    spikes: dict[str, Spikes]
    encodes: NDArray[np.bool_]

    def encoded(self, population: str) -> Response:
        return counts(self.spikes[population], self.encodes)

    def retrieved(self, population: str) -> Response:
        return counts(self.spikes[population], ~self.encodes)

    @property
    def agreement(self) -> float:
        """How like what CA1 is shown, at encoding, is what it is told by CA3, at retrieval."""
        return correlation(self.encoded("ca1"), self.retrieved("ca1"))

    @property
    def n_unpredicted(self) -> int:
        """CA1 cells that fire for what is shown, and not for what is recalled."""
        return int(((self.encoded("ca1") > 0) & (self.retrieved("ca1") == 0)).sum())
