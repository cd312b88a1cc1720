"""Workers that share a process and need no Dask: spans, threads and packets that arrive later, in order."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from queue import Queue

from thalia_dask.engine.executor import Emission, RegionCreator
from thalia_dask.engine.neighbourhood import Neighbourhood
from thalia_dask.engine.sequential import SequentialExecutor
from thalia_dask.engine.span import Packets, Span
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection


class ToyWorkers(SequentialExecutor):
    """Direct exchange between ``n`` workers of ``n_threads`` threads."""

    carries_spikes = True

    def __init__(self, n: int, n_threads: int, window_steps: int) -> None:
        super().__init__()
        self._n, self._n_threads, self._window_steps = n, n_threads, window_steps

    def start(self, creators: Mapping[str, RegionCreator], projections: Sequence[AxonalProjection]) -> None:
        super().start(creators, projections)
        homes = {name: f"worker {i % self._n}" for i, name in enumerate(self._regions)}
        self._hoods = {worker: Neighbourhood(homes, worker, projections) for worker in sorted(set(homes.values()))}

    def advance(self, steps: Window, arrivals: Mapping[str, Arrivals]) -> dict[str, Emission]:
        post: Queue[tuple[str, str, Packets] | None] = Queue()
        spans = {worker: self._span(worker, hood, steps, arrivals, post) for worker, hood in self._hoods.items()}
        postman = threading.Thread(target=_deliver, args=(post, spans))
        threads = [threading.Thread(target=span.work) for span in spans.values() for _ in range(self._n_threads)]
        for thread in (postman, *threads):
            thread.start()
        for thread in threads:
            thread.join()
        post.put(None)
        postman.join()
        emissions = {name: emission for span in spans.values() for name, emission in span.result().items()}
        return {name: emissions[name] for name in self._regions}

    def _span(
        self, worker: str, hood: Neighbourhood, steps: Window, arrivals: Mapping[str, Arrivals], post: Queue
    ) -> Span:
        told = dict.fromkeys(hood.workers, steps.start)

        def send(other: str, packets: Packets) -> None:
            assert packets.until > told[other]
            assert packets.until == steps.stop or (packets.until - steps.start) % self._window_steps == 0
            told[other] = packets.until
            post.put((worker, other, packets))

        regions = {name: self._regions[name] for name in hood.order}
        return Span(regions, hood, steps, self._window_steps, arrivals, self._n_threads, send, patience_s=2.0)


def _deliver(post: Queue, spans: Mapping[str, Span]) -> None:
    for sender, receiver, packets in iter(post.get, None):
        spans[receiver].receive(sender, packets)
