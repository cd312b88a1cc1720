"""The region around a ``torch.nn.Module``; see :mod:`thalia_dask.regions.torch_module`."""

from __future__ import annotations

import threading
from collections import namedtuple
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from thalia_dask.regions.base import Region, Snapshot
from thalia_dask.regions.one_thread import one_thread
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.torch_module import MODULE_GROUP
from thalia_dask.seeds import derive_seed
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window

_AT_ONCE = 64
"""Steps for which the input of all units is held."""
ModuleState = Tensor | tuple[Tensor, ...] | None
_STATE = "state"
"""The entry of a snapshot that is all of the state; those of its parts begin so."""

_building = threading.Lock()
"""Torch initialises modules from one generator per process, and a worker may build two regions at a time."""


class Leaky(nn.Module):
    """A leaky integrator that fires at 1 and is reset by subtraction: the smallest module that shows the protocol."""

    def __init__(self, size: int, decay: float = 0.9) -> None:
        super().__init__()
        self.size = size
        self.decay = decay

    def forward(self, arriving: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        membrane = arriving if state is None else self.decay * state + arriving
        spikes = (membrane >= 1.0).to(torch.float32)
        return spikes, membrane - spikes


def build_module(spec: RegionSpec, name: str) -> nn.Module:
    """Build the named module with its random initialisation seeded by the region's name."""
    factory: Callable[[int], nn.Module] = Leaky
    if name != "leaky":
        (entry,) = entry_points(group=MODULE_GROUP, name=name)
        factory = entry.load()
    with _building, torch.random.fork_rng(devices=[]):
        torch.random.manual_seed(derive_seed(spec.seed, spec.name, "module") >> 1)
        return factory(spec.size)


class TorchModuleRegion(Region):
    """Steps a module; axon ``a`` of a projection with ``n`` axons ends on unit ``a * size // n``."""

    shares_arrays = True

    def __init__(self, spec: RegionSpec, module: nn.Module, input_gain: float = 1.0) -> None:
        self.populations = {"units": spec.size}
        self._spec = spec
        self._gain = input_gain
        self._module = module.eval()
        self._state: ModuleState = None

    @one_thread()
    @torch.no_grad()
    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        if any(signal.name == "reset" for signal in arrivals.signals):
            self._state = None
        sizes = np.array([incoming.source_size for incoming in self._spec.incoming], np.int64)
        units: NDArray[np.int64] = arrivals.neurons * np.int64(self._spec.size) // sizes[arrivals.projections]
        steps, neurons = [], []
        for start in range(window.start, window.stop, _AT_ONCE):
            stop = min(start + _AT_ONCE, window.stop)
            first, last = np.searchsorted(arrivals.steps, (start, stop))
            arriving = torch.zeros(stop - start, self._spec.size)
            where = (torch.from_numpy(arrivals.steps[first:last] - start).long(), torch.from_numpy(units[first:last]))
            arriving.index_put_(where, torch.tensor(self._gain), accumulate=True)
            for step in range(start, stop):
                fired, self._state = self._module(arriving[step - start].clone(), self._state)
                self._check(fired)
                self._state = _own(self._state)
                indices = torch.nonzero(fired).reshape(-1).numpy().astype(np.int32)
                neurons.append(indices)
                steps.append(np.full(len(indices), step, np.int32))
        return SpikePacket(np.concatenate(steps), np.concatenate(neurons))

    def snapshot(self) -> Snapshot:
        state: dict[str, Any] = {f"module.{k}": v.clone() for k, v in self._module.state_dict().items()}
        return state | {name: part.clone() for name, part in _parts(self._state).items()}

    def restore(self, snapshot: Snapshot) -> None:
        weights = {
            k.removeprefix("module."): torch.as_tensor(v) for k, v in snapshot.items() if k.startswith("module.")
        }
        self._module.load_state_dict(weights)
        parts = {k: torch.as_tensor(v).clone() for k, v in snapshot.items() if k.split(".")[0] == _STATE}
        self._state = _joined(parts)

    def _check(self, fired: Any) -> None:
        size, state = self._spec.size, self._state
        if not isinstance(fired, Tensor) or fired.shape != (size,):
            raise ValueError(f"the module returned {_form(fired)} as spikes; return a tensor of shape ({size},)")
        parts = state if isinstance(state, tuple) else (state,)
        if state is not None and not all(isinstance(part, Tensor) for part in parts):
            raise ValueError(
                f"the module returned {_form(state)} as its state; return a tensor, or a tuple of tensors"
            )


def _form(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {', '.join(map(_form, value))}"
    return f"a {type(value).__name__}" + (f" of shape {tuple(value.shape)}" if isinstance(value, Tensor) else "")


def _own(state: ModuleState) -> ModuleState:
    """The state in memory of its own: torch computes with other bits where that is aligned or laid out otherwise."""
    if state is None:
        return None
    if isinstance(state, Tensor):
        return state.clone(memory_format=torch.contiguous_format)
    parts = [part.clone(memory_format=torch.contiguous_format) for part in state]
    return state._make(parts) if hasattr(state, "_make") else tuple(parts)


def _parts(state: ModuleState) -> dict[str, Tensor]:
    """The tensors of a state by name: ``state``, or ``state.0`` in a tuple, or ``state.0.v`` in a NamedTuple."""
    if state is None:
        return {}
    if isinstance(state, Tensor):
        return {_STATE: state}
    fields = [f".{field}" for field in getattr(state, "_fields", ())] or [""] * len(state)
    return {f"{_STATE}.{place}{field}": part for place, (field, part) in enumerate(zip(fields, state, strict=True))}


def _joined(parts: dict[str, Tensor]) -> ModuleState:
    """The state with these parts. A NamedTuple has the fields of the one that it was, and not its class."""
    if not parts or _STATE in parts:
        return parts.get(_STATE)
    places = sorted((name.split(".") for name in parts), key=lambda place: int(place[1]))
    ordered = [parts[".".join(place)] for place in places]
    fields = [place[2] for place in places if len(place) > 2]
    return namedtuple("State", fields, rename=True)(*ordered) if fields else tuple(ordered)
