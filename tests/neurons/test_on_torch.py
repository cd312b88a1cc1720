"""The models in torch operations against the kernels, on the same input.

On the CPU they are equal to the bit, but for AdEx, whose exponentials are not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from thalia_dask.neurons import base, models
from thalia_dask.neurons.adex import AdExParams
from thalia_dask.neurons.background import bombard, lots, poisson_thresholds
from thalia_dask.neurons.background_on_torch import Bombardment
from thalia_dask.neurons.base import EXCITATORY, INHIBITORY, Neuron
from thalia_dask.neurons.conductance import ConductanceLIFParams
from thalia_dask.neurons.delta import DeltaLIFParams
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.neurons.on_torch import TensorState, groups
from thalia_dask.philox import random_words
from thalia_dask.philox_on_torch import philox
from thalia_dask.seeds import generator

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device")
DEVICES = ["cpu", pytest.param("cuda", marks=needs_cuda)]
ADAPTING = LIFParams(adaptation_mv=3.0, tau_adaptation_ms=80.0, refractory_ms=1.0)
MIXTURES = {
    "lif": [LIFParams()],
    "adapting": [ADAPTING, replace(ADAPTING, resting_mv=-58.0, adaptation_mv=0.0), LIFParams()],
    "rebounding": [replace(ADAPTING, rebound=1.0), LIFParams(rebound=0.5), LIFParams()],
    "conductance": [ConductanceLIFParams(), ConductanceLIFParams(adaptation_mv=1.0, resting_mv=-55.0)],
    "slow": [replace(ADAPTING, tau_adaptation_ms=1e6, rebound=0.5), LIFParams(adaptation_mv=0.05), ADAPTING],
    "delta": [DeltaLIFParams(), DeltaLIFParams(refractory_ms=0.0, adaptation_mv=2.0)],
    "all": [LIFParams(), ConductanceLIFParams(), ConductanceLIFParams(leak_ns=8.0), DeltaLIFParams(), ADAPTING],
}
N = 37
"""Neurons of each population."""


def by_kernels(neurons: list[Neuron], dt_ms: float, inputs: np.ndarray, drive: np.ndarray) -> list[np.ndarray]:
    """Membranes and spikes after each step; every neuron gets ``inputs`` (steps, channels, neurons)."""
    n = N * len(neurons)
    constants, last = base.constants(neurons, dt_ms), N * np.arange(1, len(neurons) + 1)
    state = base.NeuronState(
        np.repeat([np.float32(neuron.resting_mv) for neuron in neurons], N),
        np.zeros(inputs.shape[1:], np.float32),
        np.zeros(n, np.float32),
        np.zeros(n, np.int32),
    )
    spiked, fired, result = np.zeros(models.n_flags(n), np.uint8), np.empty(n, np.int32), []
    for step, arriving in enumerate(inputs):
        for jumps in (False, True):
            if jumps:
                state.current[...] += arriving
            for p, neuron in enumerate(neurons):
                if neuron.jumps == jumps:
                    now, first = np.int32(step), int(last[p]) - N
                    models.step(neuron.code, now, first, int(last[p]), drive[step, p], constants[p], state, spiked)
        flags = spiked[:n].copy()
        models.fire(np.int32(step), last, constants, state, spiked.view(np.uint64), fired)
        result += [state.membrane.copy(), flags.astype(np.float32), state.adaptation.copy()]
    return result


def by_torch(
    neurons: list[Neuron], dt_ms: float, inputs: np.ndarray, drive: np.ndarray, device: str
) -> list[np.ndarray]:
    n = N * len(neurons)
    resting = np.repeat([np.float32(neuron.resting_mv) for neuron in neurons], N)
    state = TensorState(
        torch.from_numpy(resting).to(device),
        torch.zeros(inputs.shape[1:], device=device),
        torch.zeros(n, device=device),
        torch.zeros(n, dtype=torch.int32, device=device),
        torch.zeros(n, dtype=torch.bool, device=device),
    )
    parts, result = groups(neurons, [N] * len(neurons), base.constants(neurons, dt_ms), state), []
    for step, arriving in enumerate(inputs):
        now, currents = torch.tensor(step, device=device), torch.from_numpy(drive[step]).to(device)
        for part in parts:
            if not part.jumps:
                part.step(now, currents)
        state.current.add_(torch.from_numpy(arriving).to(device))
        for part in parts:
            if part.jumps:
                part.step(now, currents)
        result += [t.cpu().numpy().copy() for t in (state.membrane, state.spiked.float(), state.adaptation)]
    return result


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("n_channels", [2, 3])
@pytest.mark.parametrize("dt_ms", [1.0, 0.1])
@pytest.mark.parametrize("mixture", MIXTURES)
def test_models_are_those_of_the_kernels(mixture: str, dt_ms: float, n_channels: int, device: str) -> None:
    neurons, n_steps = MIXTURES[mixture], 400
    rng = generator(1, "torch", mixture)
    inputs = np.zeros((n_steps, n_channels, N * len(neurons)), np.float32)
    for p, neuron in enumerate(neurons):
        scale = -1.0 if neuron.code == LIFParams.code else 1.0  # a conductance is positive in both channels
        here = (n_steps, N)
        inputs[:, EXCITATORY, N * p : N * (p + 1)] = rng.poisson(0.8 * dt_ms, here) * rng.uniform(3, 9, here)
        inputs[:, INHIBITORY, N * p : N * (p + 1)] = scale * rng.poisson(0.3 * dt_ms, here) * rng.uniform(1, 5, here)
    if n_channels == 3 and "conductance" not in mixture and mixture != "all":
        inputs[:, 2] = rng.uniform(0, 0.3, inputs[:, 2].shape)
    drive = rng.uniform(0, 8, (n_steps, len(neurons))).astype(np.float32)
    expected = by_kernels(neurons, dt_ms, inputs, drive)
    got = by_torch(neurons, dt_ms, inputs, drive, device)
    assert sum(flags.sum() for flags in expected[1::3]) > 20, "somebody fires"
    for left, right in zip(expected, got, strict=True):
        if device == "cpu":
            np.testing.assert_array_equal(left, right)
        else:
            np.testing.assert_allclose(left, right, atol=1e-3)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dt_ms", [1.0, 0.1])
def test_adex_is_that_of_the_kernel(dt_ms: float, device: str) -> None:
    """The kernel takes longer Runge-Kutta steps below V_T: membranes differ by less than they do from NEST's."""
    neurons = [AdExParams(), AdExParams(refractory_ms=0.0, coupling_ns=0.0, slope_mv=1.0), AdExParams(reset_mv=-48.0)]
    rng = generator(1, "torch", "adex")
    n_steps = round((60 if device == "cpu" else 40) / dt_ms)  # a step is thousands of launches
    here = (n_steps, 2, N * len(neurons))
    inputs = (rng.poisson(0.5 * dt_ms, here) * rng.uniform(5, 30, here)).astype(np.float32)
    drive = rng.uniform(0, 8, (n_steps, len(neurons))).astype(np.float32)
    expected = by_kernels(neurons, dt_ms, inputs, drive)
    got = by_torch(neurons, dt_ms, inputs, drive, device)
    spikes, torch_spikes = np.array(expected[1::3]), np.array(got[1::3])
    assert spikes.sum() > 100
    np.testing.assert_array_equal(torch_spikes, spikes)
    membrane, torch_membrane = np.array(expected[::3]), np.array(got[::3])
    quiet = membrane < -50.4
    np.testing.assert_allclose(torch_membrane[quiet], membrane[quiet], atol=1e-3)
    np.testing.assert_allclose(np.array(got[2::3]), np.array(expected[2::3]), atol=2e-2)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dt_ms", [1.0, 0.1])
@pytest.mark.parametrize("neuron", [ConductanceLIFParams(), AdExParams()])
def test_floods_are_those_of_the_kernel(neuron: Neuron, dt_ms: float, device: str) -> None:
    rng = generator(1, "torch", "flood")
    here = (60, 2, N)
    inputs = (rng.poisson(0.05, here) * 10 ** rng.uniform(0, 6, here)).astype(np.float32)
    drive = np.zeros((60, 1), np.float32)
    expected = np.array(by_kernels([neuron], dt_ms, inputs, drive))
    got = np.array(by_torch([neuron], dt_ms, inputs, drive, device))
    assert expected[1::3].sum() > 20
    np.testing.assert_array_equal(got[1::3], expected[1::3])
    np.testing.assert_allclose(
        got[::3], expected[::3], atol=0.0 if neuron.adapts_threshold and device == "cpu" else 2e-3
    )


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("step", [0, 7, 2**31 - 2, 2**32 - 2, 2**40 + 5])
def test_noise_is_that_of_the_kernels(step: int, device: str) -> None:
    slices, means, weights = (
        [(0, 300), (300, 301), (301, 700), (700, 1203)],
        [0.3, 5.0, 1.0, 0.02],
        [1.5, 0.1, 0.0, 2],
    )
    key = np.array([0xDEADBEEF, 0xF2345678], np.uint64)
    thresholds, weight = poisson_thresholds(means), np.array(weights, np.float32)
    noise = Bombardment(slices, thresholds, weight, key, torch.device(device)).inputs(step, 4).cpu().numpy()
    expected = np.zeros((4, 1203), np.float32)
    for offset in range(4):
        for (first, last), row, w in zip(slices, thresholds, weight, strict=True):
            if w:
                bombard(step + offset, first, last, row, w, key, lots(), expected[offset])
    np.testing.assert_array_equal(noise, expected)
    assert len(np.unique(expected)) > 5


@pytest.mark.parametrize("device", DEVICES)
def test_words_are_those_of_the_kernels(device: str) -> None:
    for key in ([0, 0], [2**32 - 1, 2**32 - 1], [0x12345678, 0x9ABCDEF0]):
        expected = random_words(np.array(key, np.uint64), 2**32 - 1, 0, 4000)
        index = torch.arange(1000, device=device)
        nothing = torch.zeros((), dtype=torch.int64, device=device)
        words = philox((index, nothing, nothing + 2**32 - 1, nothing), (key[0], key[1]))
        np.testing.assert_array_equal(torch.stack(words, 1).reshape(-1).cpu().numpy(), expected)


def test_neighbours_of_one_model_are_one_group() -> None:
    neurons = MIXTURES["all"]
    tensors = [torch.zeros(N * len(neurons)) for _ in range(5)]
    tensors[1] = torch.zeros(2, N * len(neurons))
    assert len(groups(neurons, [N] * len(neurons), base.constants(neurons, 1.0), TensorState(*tensors))) == 4
