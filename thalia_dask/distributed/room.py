"""Whether what the regions of a worker take fits into its memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dask.utils import format_bytes, parse_bytes

from thalia_dask.config.clusters import BYTES_PER_WORKER
from thalia_dask.errors import ClusterError

_MOST_NAMES = 8


def check_room(needs: Mapping[str, int], homes: Mapping[str, str], limits: Mapping[str, int]) -> None:
    """Refuse to build regions where they do not fit.

    Parameters
    ----------
    needs : region -> bytes that it takes, by estimate.
    homes : region -> worker.
    limits : worker -> bytes that it may take; without those that have no limit.

    Raises
    ------
    ClusterError : if a worker has less than its regions need.
    """
    for worker, limit in limits.items():
        regions = [region for region, home in homes.items() if home == worker]
        needed = BYTES_PER_WORKER + sum(needs.get(region, 0) for region in regions)
        if regions and needed > limit:
            raise ClusterError(
                f"{worker} may take {format_bytes(limit)}, but would need about {format_bytes(needed)}: "
                f"{format_bytes(BYTES_PER_WORKER)} of its own, and what {_named(regions)} take; give workers more "
                "memory, take more workers, or make the brain smaller"
            )


def _named(regions: Sequence[str]) -> str:
    names = ", ".join(regions[:_MOST_NAMES])
    return names if len(regions) <= _MOST_NAMES else f"{names} and {len(regions) - _MOST_NAMES} others"


def check_room_of_each(needs: Mapping[str, int], homes: Mapping[str, str], memory: str) -> None:
    """As :func:`check_room`, where each worker has ``memory``, such as ``"4GiB"``."""
    check_room(needs, homes, dict.fromkeys(homes.values(), int(parse_bytes(memory))))
