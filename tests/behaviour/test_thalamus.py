"""The thalamus relays what it is told; the reticular nucleus gates it, paced by alpha, quieted by noradrenaline.

Each statement about the gate is asked of a thalamus with the nucleus and of one where it reaches nobody.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.behaviour.thalamus import (
    LESIONED,
    SILENCED_MS,
    bursts,
    by_alpha_phase,
    depth,
    held_and_free,
    rebound,
    relay,
    release,
    transmitted,
)

seeds = pytest.mark.parametrize("seed", [1, 2])


@seeds
def test_relay_cells_repeat_their_axons(seed: int) -> None:
    assert relay(seed) > 0.9


@seeds
def test_alpha_gates_through_the_reticular_nucleus(seed: int) -> None:
    """Most is relayed at phase 0, where the nucleus is quiet; without alpha or the nucleus there is no cycle."""
    by_phase = by_alpha_phase(seed)
    assert depth(by_phase) > 0.35
    assert by_phase[np.r_[0:20, 80:100]].mean() > 1.5 * by_phase[30:70].mean()
    assert depth(by_alpha_phase(seed, alpha_mv=0.0)) < 0.15
    assert depth(by_alpha_phase(seed, **LESIONED)) < 0.15


@seeds
def test_noradrenaline_opens_the_gate_that_the_reticular_nucleus_is(seed: int) -> None:
    nothing, some, much = (transmitted(seed, amount) for amount in (0.0, 1.0, 3.0))
    assert nothing < some < much
    assert much > 1.15 * nothing
    open_anyway = transmitted(seed, 0.0, **LESIONED)
    assert transmitted(seed, 3.0, **LESIONED) == open_anyway
    assert nothing < 0.75 * open_anyway


@seeds
def test_the_reticular_nucleus_holds_back_while_cortex_excites_it(seed: int) -> None:
    """Without it cortex only excites relay cells."""
    held, settled = held_and_free(release(seed))
    assert held < 0.75 * settled
    held, settled = held_and_free(release(seed, **LESIONED))
    assert held > settled


@seeds
def test_relay_cells_burst_when_inhibition_ends(seed: int) -> None:
    """And fall silent again; thresholds that do not fall below rest give no burst, nor does a lesioned nucleus."""
    spikes = rebound(seed)
    assert bursts(spikes) > 0.6
    assert spikes[:, SILENCED_MS + 120 :].mean() < 0.05 * spikes[:, SILENCED_MS : SILENCED_MS + 30].mean()
    assert bursts(rebound(seed, rebound=0.0)) == 0.0
    assert bursts(rebound(seed, **LESIONED)) == 0.0
