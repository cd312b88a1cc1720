"""What the rules are for: cells that are free to fire find their rate, their pattern, the axis of their input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.plasticity.fed import Fed
from thalia_dask.neurons.base import INHIBITORY
from thalia_dask.plasticity.bcm import BCM
from thalia_dask.plasticity.inhibitory_stdp import InhibitorySTDP
from thalia_dask.plasticity.oja import Oja
from thalia_dask.plasticity.synaptic_scaling import SynapticScaling
from thalia_dask.regions.layout import Background
from thalia_dask.seeds import generator

FIRST_HALF = np.arange(40) < 20


def alternating(n_steps: int, one: NDArray, other: NDArray, share: float = 0.5, seed: int = 1) -> NDArray:
    """Rates of axons, (steps, axons): ``one`` in this share of all stretches of 200 ms, else ``other``."""
    is_one = np.repeat(generator(seed, "pattern").random(n_steps // 200) < share, 200)
    return np.where(is_one[:, None], one, other)


def test_inhibitory_plasticity_brings_cells_to_their_target_rate() -> None:
    """Without inhibition they fire at more than four times the target; every cell comes within a quarter of it."""
    rule = InhibitorySTDP(target_hz=8.0, rate=0.02, largest=20.0)
    fed = Fed(rule, -20.0, n_cells=20, channel=INHIBITORY, background=Background(1000.0, 4.0))
    assert fed.run(2000, np.zeros(40)).mean() > 32
    fed.run(30000, np.full(40, 20.0))
    rates = fed.run(20000, np.full(40, 20.0))
    np.testing.assert_allclose(rates, 8.0, rtol=0.25)
    np.testing.assert_allclose(rates.mean(), 8.0, rtol=0.1)


def test_scaling_restores_the_rate_after_input_is_halved() -> None:
    """Half the input silences the cells, which do not fall silent for ever; efficacies keep their proportions."""
    fed = Fed(SynapticScaling(target_hz=10.0, tau_activity_ms=500.0, tau_scaling_ms=5000.0), 80.0, n_cells=20)
    before = fed.weights
    fed.run(15000, np.full(40, 40.0))
    np.testing.assert_allclose(fed.run(5000, np.full(40, 40.0)).mean(), 10.0, rtol=0.1)
    assert fed.run(500, np.full(40, 20.0)).mean() < 1.0
    fed.run(15000, np.full(40, 20.0))
    np.testing.assert_allclose(fed.run(5000, np.full(40, 20.0)).mean(), 10.0, rtol=0.1)
    growth = fed.weights / before
    assert (growth > 1.3).all()
    assert (growth.max(axis=1) / growth.min(axis=1) < 1.1).all(), "but for what their last events have not told them"


def test_bcm_makes_cells_selective_to_one_of_two_patterns() -> None:
    fed = Fed(BCM(), 130.0, background=Background(500.0, 1.5))
    one, other = np.where(FIRST_HALF, 60.0, 2.0), np.where(FIRST_HALF, 2.0, 60.0)

    def selectivity() -> NDArray:
        rates = fed.run(4000, one), fed.run(4000, other)
        return np.abs(rates[0] - rates[1]) / (rates[0] + rates[1])

    assert (selectivity() < 0.8).all()
    fed.run(80000, alternating(80000, one, other))
    assert (selectivity() > 0.9).all()


def test_oja_finds_the_first_principal_component() -> None:
    """Of rates that are two graded patterns in turn, one of them more often: of their second moments, not centred."""
    fed = Fed(Oja(rate=0.002), 140.0)
    one = np.where(FIRST_HALF, np.linspace(20, 80, 40), 1.0)
    other = np.where(FIRST_HALF, 1.0, np.linspace(60, 20, 40))
    moments = 0.7 * np.outer(one, one) + 0.3 * np.outer(other, other)
    component = np.abs(np.linalg.eigh(moments)[1][:, -1])

    def cosines() -> NDArray:
        return fed.weights @ component / np.linalg.norm(fed.weights, axis=1)

    assert (cosines() < 0.8).all()
    fed.run(60000, alternating(60000, one, other, 0.7))
    assert (cosines() > 0.98).all()
