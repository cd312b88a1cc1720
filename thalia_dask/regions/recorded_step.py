"""A step of torch operations as a CUDA graph: recorded once, then repeated by one launch instead of a hundred."""

from __future__ import annotations

from collections.abc import Callable

import torch


def recorded(step: Callable[[], None]) -> Callable[[], None]:
    """Record ``step``, which must find and leave everything in the same tensors and not wait for the device.

    It is run once before, so that all that it needs is loaded; the caller must undo what that changes. Recording
    itself computes nothing.
    """
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        step()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay
