"""The neurons of a region in torch operations, on any device.

The equations of the membrane are those of each model's own file (``lif.moved``, ``conductance.moved``), computed here
for many neurons at once. What surrounds them is the step of :mod:`thalia_dask.neurons.models`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from thalia_dask.errors import ConfigError
from thalia_dask.jit import Floats
from thalia_dask.neurons import adex, adex_on_torch, base, conductance, lif
from thalia_dask.neurons.base import EXCITATORY, INHIBITORY, RESET, RESTING, SLOW, THRESHOLD, Neuron


class TensorState(NamedTuple):
    """:class:`thalia_dask.neurons.base.NeuronState` in tensors; and ``spiked``, bool, shape (neurons,)."""

    membrane: Tensor
    current: Tensor
    adaptation: Tensor
    refractory: Tensor
    spiked: Tensor

    def of(self, first: int, last: int) -> TensorState:
        """The part of neurons ``first … last - 1``."""
        return TensorState(*(tensor[..., first:last] for tensor in self))


class Group:
    """Neighbouring populations of one model, which are advanced together: few large operations, not many small ones.

    Attributes
    ----------
    jumps : whether input moves the membrane in the step in which it arrives.
    """

    def __init__(
        self, neurons: Sequence[Neuron], sizes: Sequence[int], first: int, constants: Tensor, state: TensorState
    ) -> None:
        """``first`` is the first population's number; ``constants`` (populations, N_CONSTANTS) are the region's."""
        if neurons[0].code not in _EQUATIONS:
            model = type(neurons[0]).__name__
            raise ConfigError(f"the neuron model {model} has no form in torch operations; write device: cpu")
        n_populations = len(neurons)
        before, here = sum(sizes[:first]), sizes[first : first + n_populations]
        of_neuron = torch.repeat_interleave(torch.arange(n_populations), torch.tensor(here)).to(constants.device)
        mine = constants[first : first + n_populations]
        self.jumps = neurons[0].jumps
        self._state = state.of(before, before + sum(here))
        self._constants = (mine if n_populations == 1 else mine[of_neuron]).T.contiguous()
        self._equation = _EQUATIONS[neurons[0].code](self._constants)
        self._population = torch.tensor([first], device=constants.device) if n_populations == 1 else first + of_neuron
        self._rebounds = any(neuron.threshold_rebound != 0.0 for neuron in neurons)
        self._adapts = self._rebounds or any(neuron.spike_adaptation != 0.0 for neuron in neurons)
        self._adapts_threshold = self._adapts and neurons[0].adapts_threshold
        self._adaptation_steps = self._constants[base.ADAPTATION_STEPS].to(torch.int64)
        self._refractory_steps = self._constants[base.REFRACTORY_STEPS].to(torch.int32)

    def step(self, now: Tensor, drive: Tensor) -> None:
        """Advance by a step, ``now`` (), in which ``drive`` (populations,) are tonic currents in mV."""
        constants, state = self._constants, self._state
        free = state.refractory <= now
        moved = self._equation(constants, drive[self._population], state, free)
        threshold = constants[THRESHOLD]
        if self._adapts_threshold:
            moves = now % self._adaptation_steps == 0
            state.adaptation.mul_(torch.where(moves, constants[base.DECAY_ADAPTATION], 1.0))
            if self._rebounds:
                below = torch.where(free, moved, constants[RESET]) - constants[RESTING]
                state.adaptation.add_(torch.where(moves, constants[base.REBOUND], 0.0) * below.clamp(max=0.0))
            threshold = threshold + state.adaptation
        fires = free & (moved >= threshold)
        state.membrane.copy_(torch.where(free & ~fires, moved, constants[RESET]))
        state.refractory.copy_(torch.where(fires, now + 1 + self._refractory_steps, state.refractory))
        if self._adapts:
            state.adaptation.add_(fires * constants[base.ADAPTATION])
        state.spiked.copy_(fires)


def groups(neurons: Sequence[Neuron], sizes: Sequence[int], constants: Floats, state: TensorState) -> list[Group]:
    """All populations of a region, in order, as few groups as there can be."""
    table = torch.from_numpy(constants).to(state.membrane.device)
    found, first = [], 0
    for number, neuron in enumerate(neurons):
        following = neurons[number + 1] if number + 1 < len(neurons) else None
        if following is None or (following.code, following.jumps) != (neuron.code, neuron.jumps):
            found.append(Group(neurons[first : number + 1], sizes, first, table, state))
            first = number + 1
    return found


Equation = Callable[[Tensor, Tensor, TensorState, Tensor], Tensor]
"""(constants, drive, state, who is not refractory) -> the membrane after a step without a threshold.

The currents of the step are over then.
"""


def _lif(constants: Tensor, drive: Tensor, state: TensorState, free: Tensor) -> Tensor:  # noqa: ARG001
    membrane, current = state.membrane, state.current
    if len(current) > SLOW:
        membrane = membrane + current[SLOW] * constants[lif.RESPONSE + SLOW]
    moved = lif.moved(
        membrane,
        constants[RESTING] + drive,
        constants[lif.DECAY],
        current[EXCITATORY],
        constants[lif.RESPONSE + EXCITATORY],
        current[INHIBITORY],
        constants[lif.RESPONSE + INHIBITORY],
    )
    current.mul_(constants[lif.DECAY_CURRENT : lif.DECAY_CURRENT + len(current)])
    return moved


def _conductance(constants: Tensor, drive: Tensor, state: TensorState, free: Tensor) -> Tensor:  # noqa: ARG001
    c, current = constants, state.current
    x, f, commutator = conductance.flow(
        c[conductance.LEAK], c[conductance.LEAK] * (c[RESTING] + drive),
        current[EXCITATORY], c[conductance.MEAN_EXC], c[conductance.REVERSAL_EXC], c[conductance.SLOPE_EXC],
        current[INHIBITORY], c[conductance.MEAN_INH], c[conductance.REVERSAL_INH], c[conductance.SLOPE_INH],
    )  # fmt: skip
    v = state.membrane
    by_flood = conductance.moved_by_flood(v, x, f, commutator, conductance.response(x))
    moved = torch.where(x > conductance.FLOODED, by_flood, conductance.moved(v, x, f, commutator))
    current[EXCITATORY].mul_(c[conductance.DECAY_EXC])
    current[INHIBITORY].mul_(c[conductance.DECAY_INH])
    return moved


def _adex(constants: Tensor) -> Equation:
    n_substeps = int(constants[adex.SUBSTEPS].max())  # of all neurons: it follows from the step

    def equation(c: Tensor, drive: Tensor, state: TensorState, free: Tensor) -> Tensor:
        current = state.current
        moved = adex_on_torch.moved(
            c, n_substeps, drive, free, state.membrane, state.adaptation, current[EXCITATORY], current[INHIBITORY]
        )
        state.adaptation.copy_(moved.adaptation)
        current[EXCITATORY].mul_(c[adex.DECAY_EXC])
        current[INHIBITORY].mul_(c[adex.DECAY_INH])
        return moved.membrane

    return equation


_EQUATIONS: dict[int, Callable[[Tensor], Equation]] = {
    lif.LIFParams.code: lambda _: _lif,
    conductance.ConductanceLIFParams.code: lambda _: _conductance,
    adex.AdExParams.code: _adex,
}
"""Model -> the equation of neurons with such constants, (N_CONSTANTS, neurons) or (N_CONSTANTS, 1)."""
