"""Small regions in numpy alone: enough to test engines, too little to be a brain."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from thalia_dask.errors import ConfigError
from thalia_dask.regions.base import Observable, Region
from thalia_dask.seeds import generator
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window


class ToyRegion(Region):
    """Leaky integrators with fixed random input weights, noise of their own, and learning: chaotic on purpose."""

    def __init__(self, name: str, size: int = 20, seed: int = 1, rate: float = 0.05) -> None:
        self.populations = {"all": size}
        self.observables = {"mean": Observable("1", "mean activation")}
        self._noise_seed = (seed, name)
        self._rate = rate
        self._gain = generator(seed, name, "gain").uniform(0.5, 1.5, size)
        self._state = np.zeros(size)
        self._step = 0
        self._modulation = 0.0
        self._means = np.empty(0, np.float32)

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        size = len(self._state)
        for signal in arrivals.signals:
            if signal.name == "reset":
                self._state[:] = 0.0
                self._modulation = 0.0
            else:
                self._modulation += signal.value
        steps, neurons, means = [], [], []
        for step in range(window.start, window.stop):
            assert step == self._step, f"asked for step {step}, but the next one is {self._step}"
            here = arrivals.steps == step
            self._state *= 0.9
            for projection, neuron in zip(arrivals.projections[here], arrivals.neurons[here], strict=True):
                self._state[(7 * neuron + 3 * projection) % size] += 0.7 * self._gain[neuron % size]
            noise = generator(*self._noise_seed, "noise", step).random(size)
            fired = np.flatnonzero(self._state + noise + 0.01 * self._modulation > 1.0 - self._rate)
            self._state[fired] -= 0.5
            self._gain[fired] *= 1.001
            steps.append(np.full(len(fired), step, np.int32))
            neurons.append(fired.astype(np.int32))
            means.append(self._state.mean())
            self._step += 1
        self._means = np.array(means, np.float32)
        return SpikePacket(np.concatenate(steps), np.concatenate(neurons))

    def observe(self) -> dict[str, np.ndarray]:
        return {"mean": self._means}

    def snapshot(self):
        return {
            "gain": self._gain.copy(),
            "state": self._state.copy(),
            "step": self._step,
            "modulation": self._modulation,
        }

    def restore(self, snapshot) -> None:
        self._gain = snapshot["gain"].copy()
        self._state = snapshot["state"].copy()
        self._step = snapshot["step"]
        self._modulation = snapshot["modulation"]


class SilentRegion(Region):
    """Does nothing, as fast as it can."""

    def __init__(self) -> None:
        self.populations = {"all": 1}

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        return SpikePacket()

    def snapshot(self):
        return {}

    def restore(self, snapshot) -> None:
        pass


class LargeRegion(SilentRegion):
    """Takes its time to advance; its state has so many bytes."""

    def __init__(self, n_bytes: int) -> None:
        super().__init__()
        self._n_bytes = n_bytes

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        time.sleep(0.6)
        return SpikePacket()

    def snapshot(self):
        return {"state": np.zeros(self._n_bytes, np.uint8)}


class MoodyRegion(SilentRegion):
    """Observes in every other six steps, and says of silence that it is no numbers of any kind."""

    observables = {"membrane_potential_mean": Observable("mV", "the step")}  # noqa: RUF012

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        self._window = window
        if window.start <= 4 < window.stop:
            return SpikePacket(np.array([4], np.int32), np.array([0], np.int32))
        return SpikePacket(np.array([]), np.array([]))

    def observe(self):
        steps = np.arange(self._window.start, self._window.stop, dtype=np.float32)
        return {"membrane_potential_mean": steps} if self._window.start // 6 % 2 else {}


class CarelessRegion(ToyRegion):
    """Writes into the arrays that it is given, and returns the same ones in every window."""

    def __init__(self, name: str, size: int = 20, seed: int = 1) -> None:
        super().__init__(name, size, seed)
        self._returned = np.zeros((2, 10_000), np.int32)
        self._observed = np.zeros(1000, np.float32)

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        packet = super().advance(window, arrivals)
        for array in (arrivals.steps, arrivals.projections, arrivals.neurons):
            array -= 10_000
        returned = self._returned[:, : len(packet)]
        returned[:] = packet.steps, packet.neurons
        self._observed[: window.n_steps] = self._means
        self._means = self._observed[: window.n_steps]
        return SpikePacket(*returned)


class ShapelessRegion(SilentRegion):
    """Returns and observes in every window what it was given, whether or not that fits."""

    observables = {"v": Observable("mV", "what it was given")}  # noqa: RUF012

    def __init__(self, spikes: SpikePacket | None, observed: Any) -> None:
        super().__init__()
        self._spikes = SpikePacket() if spikes is None else spikes
        self._observed = {} if observed is None else observed

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        return self._spikes

    def observe(self):
        return self._observed


class ForgetfulRegion(SilentRegion):
    """Says that its state is what it was given, whether or not that can be kept, and returns to none."""

    def __init__(self, state: object) -> None:
        super().__init__()
        self._state = state

    def snapshot(self):
        return self._state

    def restore(self, snapshot) -> None:
        raise ValueError("the membrane burst")


class UntimelyRegion(SilentRegion):
    """Fires at steps counted from the start of the window, whether or not they are in it."""

    def __init__(self, steps: tuple[int, ...], neuron: int = 0) -> None:
        super().__init__()
        self._steps = np.array(steps, np.int32)
        self._neuron = neuron

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        return SpikePacket(window.start + self._steps, np.full(len(self._steps), self._neuron, np.int32))


class TwoArgumentError(Exception):
    """Pickles, but cannot be unpickled: Dask would lose it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")


class UnpicklableError(Exception):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lock = threading.Lock()


class FailingRegion(SilentRegion):
    """Misbehaves in the window that holds ``at_step``."""

    def __init__(self, how: str, at_step: int = 3) -> None:
        super().__init__()
        self._how = how
        self._at_step = at_step

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        if window.start <= self._at_step < window.stop:
            misbehave(self._how)
        return SpikePacket()


def misbehave(how: str) -> None:
    if how == "value":
        raise ValueError("the membrane burst")
    if how == "two arguments":
        raise TwoArgumentError(7, "the membrane burst")
    if how == "unpicklable":
        raise UnpicklableError("the membrane burst")
    if how == "exit":
        raise SystemExit("the membrane burst")
    if how == "config":
        raise ConfigError("size is -1; write a size of at least 1")
    if how == "sleep":
        time.sleep(600)
    if how == "kill":
        os._exit(11)


def toy(name: str, **kwargs) -> ToyRegion:
    return ToyRegion(name, **kwargs)


def silent() -> SilentRegion:
    return SilentRegion()


def failing(how: str, at_step: int = 3) -> FailingRegion:
    return FailingRegion(how, at_step)


def failing_to_build(how: str) -> Region:
    misbehave(how)
    return SilentRegion()


def failing_once_to_build(how: str, mark: Path) -> Region:
    """A region that misbehaves in the first process that builds it, which leaves a mark."""
    if not mark.exists():
        mark.touch()
        misbehave(how)
    return SilentRegion()
