"""Short-term plasticity of :mod:`thalia_dask.synapses.short_term` in torch operations."""

from __future__ import annotations

import torch
from torch import Tensor

from thalia_dask.synapses.short_term import ShortTermTable


class Sites:
    """The sites of a region's synapses.

    Attributes
    ----------
    tensors : the state, by its names in a snapshot; see :class:`ShortTermTable`.
    """

    def __init__(self, table: ShortTermTable, device: torch.device) -> None:
        def upload(values: object) -> Tensor:
            return torch.as_tensor(values).to(device, copy=True)

        self._site = upload(table.site).long()
        n = len(table.released)
        self._n_sites = n
        self._utilization, self._recovery, self._facilitation = (
            upload(values).double()
            for values in (table.utilization, table.per_tau_recovery, table.per_tau_facilitation)
        )
        # one more, to which is written what belongs to no site
        self._released = torch.zeros(n + 1, dtype=torch.int32, device=device)
        self._share, self._resources = (torch.zeros(n + 1, device=device) for _ in range(2))
        self.tensors = {
            "short_term_released": self._released[:n],
            "short_term_share": self._share[:n],
            "short_term_resources": self._resources[:n],
        }

    def __bool__(self) -> bool:
        return self._n_sites > 0

    def factors(self, now: Tensor, synapse: Tensor, reached: Tensor) -> Tensor:
        """Factors on the efficacies of synapses, float64; only those that are ``reached`` release."""
        site = torch.where(reached, self._site[synapse], -1)
        here = site.clamp(min=0)
        before, released = self._share[here].double(), self._released[here]
        interval = (now + 1 - released).double()
        left = (1.0 - before) * self._resources[here].double()
        used = self._utilization[here]
        resources = 1.0 - (1.0 - left) * torch.exp(-interval * self._recovery[here])
        share = used + (1.0 - used) * before * torch.exp(-interval * self._facilitation[here])
        fresh = released == 0
        share = torch.where(fresh, used, share).float()
        resources = torch.where(fresh, 1.0, resources).float()
        where = torch.where(site >= 0, site, self._n_sites)
        self._share[where] = share
        self._resources[where] = resources
        self._released[where] = (now + 1).to(torch.int32).expand(len(where))
        return torch.where(site >= 0, (share * resources).double(), 1.0)
