"""Fuzzing that is guided by coverage: what takes a way through the parsers that nothing took before is mutated on.

A way is a step from one line to another. Zalewski's AFL keeps inputs by the same measure.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeVar

import yaml
from numpy.random import Generator

import thalia_dask

_LOOKED_AT = tuple(str(Path(module.__file__).parent) for module in (thalia_dask, yaml))

_Input = TypeVar("_Input")
_Outcome = TypeVar("_Outcome")
Ways = set[tuple[CodeType, int, int]]


def explore(
    judge: Callable[[_Input], _Outcome],
    seeds: Sequence[_Input],
    mutate: Callable[[_Input, Generator], _Input],
    n: int,
    rng: Generator,
) -> Iterator[tuple[_Outcome, int]]:
    """Outcomes of ``n`` mutated inputs, each with the number of ways that are known by then."""
    known: Ways = set()
    corpus = list(seeds)
    for seed in seeds:
        known |= _walk(lambda seed=seed: judge(seed))[1]
    for _ in range(n):
        one = mutate(corpus[int(rng.integers(len(corpus)))], rng)
        outcome, ways = _walk(lambda one=one: judge(one))
        if ways - known:
            corpus.append(one)
            known |= ways
        yield outcome, len(known)


def _walk(call: Callable[[], _Outcome]) -> tuple[_Outcome, Ways]:
    """The result of a call, and the ways that it took."""
    ways: Ways = set()

    def enter(frame: FrameType, _event: str, _argument: Any) -> Callable[..., Any] | None:
        code, before = frame.f_code, 0
        if not code.co_filename.startswith(_LOOKED_AT):
            return None

        def note(frame: FrameType, _event: str, _argument: Any) -> Callable[..., Any]:
            nonlocal before
            ways.add((code, before, frame.f_lineno))
            before = frame.f_lineno
            return note

        return note

    earlier = sys.gettrace()
    sys.settrace(enter)
    try:
        return call(), ways
    finally:
        sys.settrace(earlier)
