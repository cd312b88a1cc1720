"""The kill suite in a short form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from distributed import Client

from tests.mortals import mortal_cluster
from tests.torture.kills import STEPS, Findings, torment


@pytest.fixture(scope="module")
def mortal() -> Iterator[Client]:
    """Three workers that may be killed."""
    with mortal_cluster(3) as client:
        yield client


@pytest.mark.cluster
@pytest.mark.parametrize("exchange", STEPS)
def test_disturbed_run_ends_with_the_same_bits(mortal: Client, exchange: str) -> None:
    findings = Findings()
    torment(mortal, 3, exchange, n_ends=3, seed=5, findings=findings)
    assert (findings.ends, findings.equal, findings.hangs) == (3, 3, 0)
    assert sum(findings.blows.values()) >= 6
