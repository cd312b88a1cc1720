"""Resonate-and-fire units: Izhikevich (2001), Neural Netw. 14:883."""

import math

import torch
from torch import Tensor, nn

State = tuple[Tensor, Tensor]


class Resonator(nn.Module):
    """Damped oscillations at 40 Hz for steps of 1 ms; a unit fires when its ``y`` reaches 1."""

    def __init__(self, size: int, cycles_per_step: float = 0.04, damping: float = 0.05) -> None:
        super().__init__()
        turn = 2 * math.pi * cycles_per_step
        self.cos = math.exp(-damping) * math.cos(turn)
        self.sin = math.exp(-damping) * math.sin(turn)
        self.mixing = nn.Parameter(torch.rand(size, size) / size)

    def forward(self, arriving: Tensor, state: State | None) -> tuple[Tensor, State]:
        x, y = state if state is not None else (torch.zeros_like(arriving), torch.zeros_like(arriving))
        x, y = self.cos * x - self.sin * y + self.mixing @ arriving, self.sin * x + self.cos * y
        spikes = (y >= 1.0).to(arriving)
        return spikes, (x, y - spikes)
