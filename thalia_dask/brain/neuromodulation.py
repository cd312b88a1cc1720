"""What the neuromodulators of a brain report: rewards and their expectation, novelty, uncertainty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thalia_dask.config.models import NeuromodulationConfig
from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.modulation.novelty import NoveltyFilter
from thalia_dask.modulation.reward import RewardExpectation
from thalia_dask.modulation.value import ValueEstimate
from thalia_dask.topology.plan import BrainPlan

_AROUSAL_PER_SURPRISE = 0.2


class SpikeCounts(Observer):
    """The spikes of each neuron of a population since :meth:`clear`.

    Parameters
    ----------
    population : ``"region.population"`` of the plan.
    """

    def __init__(self, plan: BrainPlan, population: str) -> None:
        self._region, _, name = population.partition(".")
        sizes = dict(dict(plan.populations)[self._region])
        self._first = sum(list(sizes.values())[: list(sizes).index(name)])
        self.counts: NDArray[np.int64] = np.zeros(sizes[name], np.int64)

    def clear(self) -> None:
        """Start counting anew."""
        self.counts[:] = 0

    def on_window(self, report: WindowReport) -> None:
        neurons = report.emissions[self._region].spikes.neurons - self._first
        inside = neurons[(neurons >= 0) & (neurons < len(self.counts))]
        self.counts += np.bincount(inside, minlength=len(self.counts))


class Neuromodulation(Observer):
    """Turns what happens into releases, name -> amount.

    Attributes
    ----------
    expectation : the reward that is expected of an action by the confidence in it.
    value : the reward that is expected of a state, or None.
    """

    def __init__(self, plan: BrainPlan, config: NeuromodulationConfig) -> None:
        self.expectation = RewardExpectation()
        self.value: ValueEstimate | None = None
        self._novelty: NoveltyFilter | None = None
        self._uncertainty = config.uncertainty
        if config.value_source is not None:
            self._state = SpikeCounts(plan, config.value_source)
            self.value = ValueEstimate(len(self._state.counts), config.value_rate, config.discount)
        if config.novelty_source is not None:
            self._pattern = SpikeCounts(plan, config.novelty_source)
            self._novelty = NoveltyFilter(len(self._pattern.counts), config.novelty_rate)

    def on_window(self, report: WindowReport) -> None:
        if self.value is not None:
            self._state.on_window(report)
        if self._novelty is not None:
            self._pattern.on_window(report)

    def begin(self, *, anew: bool) -> None:
        """A stimulus will be shown, ``anew`` unless it is the last one that goes on."""
        if self.value is not None:
            self.value.go_on()
            if anew:
                self._state.clear()
        if self._novelty is not None and anew:
            self._pattern.clear()

    def perceived(self, acetylcholine: float) -> Mapping[str, float]:
        """A stimulus has been shown to its end; releases what lifts the level of acetylcholine to its novelty."""
        if self._novelty is None:
            return {}
        return {"acetylcholine": max(0.0, self._novelty.perceive(self._pattern.counts) - acetylcholine)}

    def decided(self, confidence: float) -> Mapping[str, float]:
        """An action has been selected."""
        if self.value is not None:
            self.value.act(self._state.counts)
        return {"noradrenaline": self._uncertainty * (1.0 - confidence)} if self._uncertainty else {}

    def rewarded(self, reward: float, confidence: float, *, at_once: bool) -> Mapping[str, float]:
        """A reward has come; ``at_once`` where no state has been perceived since the action that it is for."""
        if self.value is None:
            error = self.expectation.prediction_error(reward, confidence)
        else:
            error = self.value.reward(reward, None if at_once else self._state.counts)
        return {"dopamine": error, "noradrenaline": _AROUSAL_PER_SURPRISE * abs(error)}

    def reset(self) -> None:
        """A new episode begins."""
        if self.value is not None:
            self.value.forget_state()

    def snapshot(self) -> dict[str, Any]:
        """What has been learned, as JSON values."""
        memory: dict[str, Any] = {"expectation": asdict(self.expectation)}
        if self.value is not None:
            memory |= {"value": self.value.snapshot(), "state": self._state.counts.tolist()}
        if self._novelty is not None:
            memory |= {"novelty": self._novelty.snapshot(), "pattern": self._pattern.counts.tolist()}
        return memory

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Return to what :meth:`snapshot` gave."""
        self.expectation = RewardExpectation(**snapshot["expectation"])
        if self.value is not None:
            self.value.restore(snapshot["value"])
            self._state.counts[:] = snapshot["state"]
        if self._novelty is not None:
            self._novelty.restore(snapshot["novelty"])
            self._pattern.counts[:] = snapshot["pattern"]
