"""Which torch form each rule has. A new rule is a file of its own and a line here."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from thalia_dask.errors import ConfigError
from thalia_dask.plasticity import (
    bcm,
    climbing_fibre,
    dopamine_stdp,
    hebbian,
    inhibitory_stdp,
    oja,
    stdp,
    synaptic_scaling,
    three_factor,
)
from thalia_dask.plasticity.base import PlasticTable, late_words
from thalia_dask.plasticity.on_torch.base import Afferents, Learner
from thalia_dask.plasticity.on_torch.bcm import BCMLearner
from thalia_dask.plasticity.on_torch.climbing_fibre import ClimbingFibreLearner, ParallelFibreLearner
from thalia_dask.plasticity.on_torch.dopamine_stdp import DopamineSTDPLearner
from thalia_dask.plasticity.on_torch.hebbian import HebbianLearner
from thalia_dask.plasticity.on_torch.inhibitory_stdp import InhibitorySTDPLearner
from thalia_dask.plasticity.on_torch.oja import OjaLearner
from thalia_dask.plasticity.on_torch.stdp import STDPLearner
from thalia_dask.plasticity.on_torch.synaptic_scaling import SynapticScalingLearner
from thalia_dask.plasticity.on_torch.three_factor import ThreeFactorLearner

_LEARNERS: dict[int, type[Learner]] = {
    stdp.STDP.code: STDPLearner,
    hebbian.Hebbian.code: HebbianLearner,
    three_factor.ThreeFactor.code: ThreeFactorLearner,
    oja.Oja.code: OjaLearner,
    bcm.BCM.code: BCMLearner,
    inhibitory_stdp.InhibitorySTDP.code: InhibitorySTDPLearner,
    synaptic_scaling.SynapticScaling.code: SynapticScalingLearner,
    dopamine_stdp.DopamineSTDP.code: DopamineSTDPLearner,
    climbing_fibre.ParallelFibre.code: ParallelFibreLearner,
    climbing_fibre.ClimbingFibre.code: ClimbingFibreLearner,
}


def learners(
    plastic: PlasticTable, weight: Tensor, gate: Tensor, tensors: dict[str, Tensor], n_neurons: int
) -> list[Learner]:
    """Every plastic connection of a region.

    ``gate`` (connections,) is where their factors in a step are found; ``tensors`` are their traces, by their names
    in a snapshot.
    """
    device = weight.device
    found: list[Learner] = []
    for c in range(len(plastic.rule)):
        n_axons = int(plastic.row_last[c] - plastic.row_first[c])
        n_cells = int(plastic.target_last[c] - plastic.target_first[c])
        axons = slice(int(plastic.axon_base[c]), int(plastic.axon_base[c]) + n_axons)
        cells = slice(int(plastic.cell_base[c]), int(plastic.cell_base[c]) + n_cells)
        sizes = torch.from_numpy((plastic.in_last - plastic.in_first)[cells])
        first = int(plastic.in_first[cells][0]) if n_cells else 0
        synapses = slice(first, first + int(sizes.sum()))
        lag, words = int(plastic.lag[c]), late_words(n_cells)
        late = slice(int(plastic.late_base[c]), int(plastic.late_base[c]) + lag * words)
        afferents = Afferents(
            first_row=int(plastic.row_first[c]),
            n_axons=n_axons,
            first_target=int(plastic.target_first[c]),
            n_cells=n_cells,
            synapse=torch.from_numpy(plastic.in_synapse[synapses].astype(np.int64)).to(device),
            axon=torch.from_numpy(plastic.in_axon[synapses].astype(np.int64) - axons.start).to(device),
            cell=torch.repeat_interleave(torch.arange(n_cells), sizes).to(device),
            lag=lag,
            params=plastic.params[c].tolist(),
            weight=weight,
            gate=gate[c],
            fade=tensors["trace_fade"][c],
            pre=tensors["trace_pre"][axons],
            post=tensors["trace_post"][cells],
            slow=tensors["trace_slow"][cells],
            late=tensors["late_spikes"][late].view(lag, words).view(torch.uint8)[:, :n_cells],
            tagged=tensors["eligibility_step"][cells],
            eligibility=tensors["eligibility"][synapses],
            credit=tensors["credit"],
            drift=tensors["credit_drift"][c],
            cell_drift=tensors["credit_cell"][cells],
        )
        rule = int(plastic.rule[c])
        if rule not in _LEARNERS:
            raise ConfigError(
                f"the learning rule with code {rule} has no form in torch operations; write device: cpu"
            )
        found.append(_LEARNERS[rule](afferents, n_neurons))
    pupils = [learner for learner in found if isinstance(learner, ParallelFibreLearner)]
    for learner in found:
        if isinstance(learner, ClimbingFibreLearner):
            learner.pupils = pupils
    return found
