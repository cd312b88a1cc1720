"""Neurons whose membrane jumps, against the closed form of their equation."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.neurons.bench import Bench, intervals
from thalia_dask.neurons.base import EXCITATORY, INHIBITORY, SLOW
from thalia_dask.neurons.delta import DeltaLIFParams
from thalia_dask.seeds import generator

SILENT = DeltaLIFParams(threshold_mv=1e6)


@pytest.mark.parametrize("channel", [EXCITATORY, INHIBITORY, SLOW])
def test_membrane_jumps_in_the_step_of_arrival_and_decays(channel: int) -> None:
    bench = Bench(SILENT, 0.1)
    bench.step(0.0, {channel: 5.0})
    assert bench.state.membrane[0] == pytest.approx(5.0, rel=1e-6)
    trace, _ = bench.run(300)
    np.testing.assert_allclose(trace, 5.0 * np.exp(-0.1 * np.arange(1, 301) / 20.0), atol=1e-4)


NEST = (45, [654, 899, 1206, 1689, 2065, 2659, 3102, 3570, 3849, 4249, 4605, 4986])
"""Spikes of iaf_psc_delta, NEST 3.10, on the input of the following test; membranes differed by at most 1.2e-4 mV."""


def test_random_input_gives_the_spikes_of_the_plain_recursion() -> None:
    """The loop of NEST's iaf_psc_delta in double precision; efficacies that make 20 mV unlikely to be hit exactly."""
    p, dt = DeltaLIFParams(), 0.1
    rng = generator(1, "delta")
    exc, inh = rng.poisson(2.0, 20_000), rng.poisson(0.3, 20_000)
    bench = Bench(p, dt)
    v, held, spikes, expected = 0.0, 0, [], []
    for step, (n_exc, n_inh) in enumerate(zip(exc, inh, strict=True)):
        if bench.step(0.0, {EXCITATORY: 0.0713 * n_exc, INHIBITORY: -0.1317 * n_inh}):
            spikes.append(step)
        if held:
            held -= 1
        else:
            v = v * math.exp(-dt / p.tau_membrane_ms) + 0.0713 * n_exc - 0.1317 * n_inh
            if v >= p.threshold_mv:
                expected.append(step)
                v, held = p.reset_mv, round(p.refractory_ms / dt)
        assert bench.state.membrane[0] == pytest.approx(v, abs=1e-3)
    assert spikes == expected
    assert (len(spikes), spikes[:12]) == NEST


def test_input_during_the_refractory_period_is_lost() -> None:
    bench = Bench(replace(DeltaLIFParams(), refractory_ms=1.0), 0.5)
    assert bench.step(0.0, {EXCITATORY: 100.0})
    for _ in range(2):
        assert not bench.step(0.0, {EXCITATORY: 100.0})
        assert bench.state.membrane[0] == 10.0
    assert bench.step(0.0, {EXCITATORY: 100.0})


def test_strong_drive_fires_at_the_interval_of_the_leaky_integrator() -> None:
    _, spikes = Bench(DeltaLIFParams(), 0.1).run(5000, 30.0)
    charge = math.ceil(20.0 * math.log((30.0 - 10.0) / (30.0 - 20.0)) / 0.1)
    assert set(intervals(spikes)) == {20 + charge}
