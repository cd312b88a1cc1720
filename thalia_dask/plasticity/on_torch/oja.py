"""Oja's rule in torch operations: ``plasticity.oja``."""

from __future__ import annotations

import torch
from torch import Tensor

from thalia_dask.plasticity import oja
from thalia_dask.plasticity.base import POST, PRE
from thalia_dask.plasticity.on_torch.base import Learner, bounded


class OjaLearner(Learner):
    """A connection with Oja's rule."""

    def cells_fire(self, fired: Tensor, now: Tensor) -> None:  # noqa: ARG002
        a, p = self.afferents, self.afferents.params
        rate = a.gate * p[oja.RATE]
        growth = rate * p[oja.MEAN] * p[oja.PRE_UNIT] * a.fade[PRE]
        decay = rate * p[oja.POST_UNIT] * a.fade[POST] * a.post
        weights = a.weight[a.synapse]
        turned = bounded(weights + growth * a.pre[a.axon] - decay[a.cell] * weights, p[oja.LARGEST])
        a.set_weights(torch.where(fired[a.cell], turned, weights))
