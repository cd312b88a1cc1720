"""A step of torch operations as a CUDA graph: recorded once, then repeated by one launch instead of a hundred."""

from __future__ import annotations

from collections.abc import Callable

import torch


def recorded(step: Callable[[], None], device: torch.device) -> Callable[[], None]:
    """Record ``step``, which must find and leave everything in the same tensors of a device and not wait for it.

    It is run once before, so that all that it needs is loaded; the caller must undo what that changes. Recording
    itself computes nothing.
    """
    with torch.cuda.device(device):  # a graph takes up what the current device is told
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            step()
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=aside):
            step()
    return graph.replay
