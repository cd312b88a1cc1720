"""The rule of Bienenstock, Cooper & Munro in torch operations: ``plasticity.bcm``."""

from __future__ import annotations

import torch
from torch import Tensor

from thalia_dask.plasticity import bcm
from thalia_dask.plasticity.base import POST, PRE
from thalia_dask.plasticity.on_torch.base import Learner, bounded


class BCMLearner(Learner):
    """A connection with the rule of Bienenstock, Cooper & Munro."""

    def cells_fire(self, fired: Tensor, now: Tensor) -> None:
        a, p = self.afferents, self.afferents.params
        y = p[bcm.POST_UNIT] * a.fade[POST] * a.post
        theta = a.slow * torch.exp(-p[bcm.SLIDE] * (now - a.tagged).to(torch.float64))
        a.slow.copy_(torch.where(fired, theta + p[bcm.GATHERED] * y, a.slow))
        a.tagged.copy_(torch.where(fired, now, a.tagged))
        change = a.gate * p[bcm.RATE] * p[bcm.PRE_UNIT] * a.fade[PRE] * (y - theta)
        weights = a.weight[a.synapse]
        changed = bounded(weights + change[a.cell] * a.pre[a.axon], p[bcm.LARGEST]).to(torch.float32)
        a.set_weights(torch.where(fired[a.cell], changed, weights))
