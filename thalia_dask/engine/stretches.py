"""How far a region goes at once: the rules that a span and its forecast share."""

from __future__ import annotations

from thalia_dask.engine.neighbourhood import Neighbourhood
from thalia_dask.topology.plan import LONGEST_WINDOW_STEPS

_ENOUGH_REGIONS = 4
"""With fewer, other workers would have nothing to hear of while one of them goes through two windows."""
FEW_REGIONS = 16
"""Among more, something else is ready, and what others' work opens up would take long to find out."""


def longest_stretch(neighbourhood: Neighbourhood, window_steps: int) -> int:
    """Steps that a region is advanced at once if no other thread needs work; a multiple of windows.

    Where other workers listen, what is sent after a stretch shall travel during the next one: it is half of what lies
    between. If windows are longer than that, messages are meant to be few: it is two windows.
    """
    n_windows = LONGEST_WINDOW_STEPS // window_steps
    if neighbourhood.heard_after_steps is not None:
        n_hidden = neighbourhood.heard_after_steps // 2 // window_steps
        n_few = 2 if len(neighbourhood.order) >= _ENOUGH_REGIONS else 1
        n_windows = min(n_windows, n_hidden or n_few)
    return max(1, n_windows) * window_steps


def turn_steps(neighbourhood: Neighbourhood, window_steps: int) -> int:
    """By how many steps a region must be behind another to be taken first."""
    return longest_stretch(neighbourhood, window_steps) if neighbourhood.workers else window_steps


def fair_steps(
    ready_steps: int, running_steps: int, n_others: int, n_hungry: int, window_steps: int, n_steps: int
) -> int:
    """How many of ``n_steps`` a thread takes so that ``n_others`` have work, too: at least a window.

    Of the others ``n_hungry`` have nothing to do, or open up nothing by what they do: for each of them as much is
    left of ``ready_steps``. If all others open up more, it is no longer than what each of them has, now and next.
    """
    if not n_others:
        return n_steps
    share = ready_steps // n_hungry if n_hungry else (ready_steps + running_steps) // n_others
    return min(n_steps, max(share // window_steps, 1) * window_steps)
