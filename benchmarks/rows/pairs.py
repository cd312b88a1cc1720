"""One region of ours against a peer: the same network, one thread each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import median

from benchmarks.contest import Contest, alternate
from benchmarks.network import Network
from benchmarks.networks.brunel import brunel
from benchmarks.networks.coba import coba
from benchmarks.networks.cuba import cuba
from benchmarks.ours import OneRegion, build
from benchmarks.peer import Peer
from benchmarks.row import Benchmark, Effort, Measurement

WARM_UP_MS = 200.0


def against(peer: str, make: Callable[[], Network], duration_ms: float, effort: Effort) -> Measurement:
    """How many times longer the peer takes for the same stretch of the same network."""
    network, duration_ms = make(), effort.duration_ms(duration_ms)
    with (
        OneRegion(build(network), WARM_UP_MS, duration_ms) as ours,
        Peer(peer, network, WARM_UP_MS, duration_ms) as theirs,
    ):
        contest = alternate(ours, theirs, effort.repeats)
    return Measurement(contest.ratios, contest.agree(effort.rate_tolerance), details(contest, duration_ms))


def details(contest: Contest, duration_ms: float) -> dict[str, float]:
    """Seconds of either for a second of simulation, and rates."""
    ours_hz, theirs_hz = contest.rates_hz
    per_second = 1e3 / duration_ms
    return {
        "ours_s_per_s": median(stretch.seconds for stretch in contest.ours) * per_second,
        "theirs_s_per_s": median(stretch.seconds for stretch in contest.theirs) * per_second,
        "ours_hz": ours_hz,
        "theirs_hz": theirs_hz,
    }


def _pair(
    name: str, what: str, peer: str, make: Callable[[], Network], duration_ms: float, must: float, aim: float
) -> Benchmark:
    return Benchmark(
        name=f"{name}/{peer.lower()}",
        what=f"{what}, times faster than {peer}",
        unit="x",
        must=must,
        aim=aim,
        measure=partial(against, peer, make, duration_ms),
        more_is_better=True,
    )


SHORT, LONG = "all delays 0.1 ms", "delays 0.1-10 ms"
CUBA_4000, CUBA_20000 = partial(cuba, 4000), partial(cuba, 20_000)
CUBA_4000_LONG, CUBA_20000_LONG = partial(cuba, 4000, (1, 100)), partial(cuba, 20_000, (1, 100))

PAIRS = (
    _pair("cuba-4000", f"CUBA 4000, {SHORT}", "NEST", CUBA_4000, 5000, 20, 40),
    _pair("cuba-4000", f"CUBA 4000, {SHORT}", "Brian2", CUBA_4000, 5000, 2, 4),
    _pair("cuba-20000", f"CUBA 20 000, {SHORT}", "NEST", CUBA_20000, 1000, 20, 40),
    _pair("cuba-20000", f"CUBA 20 000, {SHORT}", "Brian2", CUBA_20000, 1000, 1.5, 3),
    _pair("cuba-4000-delays", f"CUBA 4000, {LONG}", "NEST", CUBA_4000_LONG, 5000, 10, 20),
    _pair("cuba-4000-delays", f"CUBA 4000, {LONG}", "Brian2", CUBA_4000_LONG, 5000, 2.5, 4),
    _pair("cuba-20000-delays", f"CUBA 20 000, {LONG}", "NEST", CUBA_20000_LONG, 1000, 10, 20),
    _pair("cuba-20000-delays", f"CUBA 20 000, {LONG}", "Brian2", CUBA_20000_LONG, 1000, 1.5, 3),
    _pair("coba-4000", f"COBA 4000, {SHORT}", "NEST", partial(coba, 4000), 1000, 15, 50),
    _pair("coba-4000", f"COBA 4000, {SHORT}", "Brian2", partial(coba, 4000), 1000, 1.5, 3),
    _pair("brunel-12500", "Brunel delta 12 500, Poisson input", "NEST", partial(brunel, 12_500), 500, 5, 15),
)
