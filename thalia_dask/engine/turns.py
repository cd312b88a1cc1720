"""Which of the regions of one process goes on next, and how far.

A region may compute a step as soon as every spike that can reach it there is known: when each region that projects
to it has come within the projection's delay of that step (conservative look-ahead: Chandy & Misra 1979, IEEE Trans.
Softw. Eng. 5:440). Nothing else is waited for: regions run ahead of the slowest, as far as delays let them.

Of the regions that may go on, one that is the farthest behind is taken, and of several the one that can go farthest
(where other workers listen, within a stretch all count as equally far: they finish together, in fewer messages).
In a long stretch a region's state and synapses come from memory once, and where regions form a chain or a ring, each
stretch makes the next one longer. Where others would wait for its end, a stretch is shorter: it leaves as much
to each of the other threads, and has some windows at most where other workers listen.
"""

from __future__ import annotations

from heapq import heappop, heappush

from thalia_dask.engine.neighbourhood import Neighbourhood
from thalia_dask.engine.stretches import FEW_REGIONS, fair_steps, longest_stretch, turn_steps
from thalia_dask.ticks import Window


class Turns:
    """How far the regions of one process have come in a span of steps, and who is on its way.

    Parameters
    ----------
    neighbourhood : of these regions.
    steps : of the span.
    window_steps : regions stop at multiples of it only: no longer than any delay.
    n_threads : how many take turns.

    Attributes
    ----------
    progress : source -> the step that it has reached. A source is a region here, or another worker.
    n_unfinished : how many regions here have not reached the end.
    """

    def __init__(self, neighbourhood: Neighbourhood, steps: Window, window_steps: int, n_threads: int) -> None:
        self._neighbourhood = neighbourhood
        self._steps = steps
        self._window_steps = window_steps
        self._longest_steps = longest_stretch(neighbourhood, window_steps)
        self._turn_steps = turn_steps(neighbourhood, window_steps)
        self._n_others = n_threads - 1
        names = neighbourhood.order
        self._rank = {name: rank for rank, name in enumerate(names)}
        self.progress = dict.fromkeys([*names, *neighbourhood.dependents], steps.start)
        self.n_unfinished = len(names)
        self._known = dict.fromkeys(names, steps.start)
        self._goals: dict[str, int] = {}
        self._ready: list[tuple[int, int, int]] = []
        self._ready_steps = 0
        for name in names:
            self._look_ahead(name)

    @property
    def any_ready(self) -> bool:
        """Whether a region may go on."""
        return bool(self._ready)

    def take(self) -> tuple[str, Window] | None:
        """Send a region on its way; None if none may go on."""
        name = self._next()
        if name is None:
            return None
        start = self.progress[name]
        self._goals[name] = stop = start + self._share(name)
        return name, Window(start, stop)

    def finish(self, name: str) -> None:
        """Note that a region has come to where it was sent."""
        stop = self._known[name] = self._goals.pop(name)
        self.n_unfinished -= stop == self._steps.stop
        self.note(name, stop)
        self._look_ahead(name)

    def note(self, source: str, until: int) -> None:
        """Note the step that a source has reached, and see how far others may go by now."""
        self.progress[source] = until
        for name in self._neighbourhood.dependents.get(source, ()):
            self._look_ahead(name)

    def late(self) -> list[str]:
        """The sources that are the farthest behind, in the order of their names."""
        last = min(self.progress.values())
        return sorted(source for source, step in self.progress.items() if step == last)

    def _next(self) -> str | None:
        """The region whose turn it is, of those that may go on; entries that are out of date are dropped."""
        while self._ready:
            _, known, rank = heappop(self._ready)
            name = self._neighbourhood.order[rank]
            if name not in self._goals and self._known[name] == -known > self.progress[name]:
                return name
        return None

    def _share(self, name: str) -> int:
        """How many of the steps that a region may go a thread is to take at once."""
        n_steps = self._known[name] - self.progress[name]
        self._ready_steps -= n_steps
        if not self._n_others:
            return n_steps
        n_hungry = self._n_others
        if len(self._known) <= FEW_REGIONS:
            n_hungry -= sum(self._opens_more(source, name) for source in self._goals)
        running_steps = sum(goal - self.progress[source] for source, goal in self._goals.items())
        return fair_steps(self._ready_steps, running_steps, self._n_others, n_hungry, self._window_steps, n_steps)

    def _opens_more(self, source: str, taken: str) -> bool:
        """Whether others than ``taken`` may go farther once a region that is on its way has come where it goes."""
        before, self.progress[source] = self.progress[source], self._goals[source]
        found = any(
            self._horizon(name) > self._known[name]
            for name in self._neighbourhood.dependents.get(source, ())
            if name != taken and name not in self._goals
        )
        self.progress[source] = before
        return found

    def _look_ahead(self, name: str) -> None:
        """See how far a region may go by now, unless it is on its way: then at its return."""
        if name in self._goals:
            return
        done = self.progress[name]
        known = min(self._horizon(name), done + self._longest_steps)
        if known > self._known[name]:
            self._ready_steps += known - self._known[name]
            self._known[name] = known
            turn = (done - self._steps.start) // self._turn_steps
            heappush(self._ready, (turn, -known, self._rank[name]))

    def _horizon(self, name: str) -> int:
        return self._neighbourhood.horizon(name, self.progress, self._steps, self._window_steps)
