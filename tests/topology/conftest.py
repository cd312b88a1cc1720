"""A kind of region with a small, known anatomy, so that these tests do not depend on any real one."""

import pytest

from thalia_dask.regions import REGIONS, Anatomy, RegionKind


class Block(RegionKind):
    """``size`` excitatory neurons, half as many inhibitory ones, two ports, ten synapses per neuron and axon."""

    def anatomy(self, spec):
        inhibitory = spec.size // 2
        n_neurons = spec.size + inhibitory
        return Anatomy(
            populations=(("exc", spec.size), ("inh", inhibitory)),
            ports=("main", "side"),
            default_port="main",
            default_output="exc",
            stimulus_port="main",
            n_neurons=n_neurons,
            n_synapses=10 * (n_neurons + sum(end.source_size for end in spec.incoming)),
        )

    def create(self, spec):
        raise NotImplementedError


@pytest.fixture(autouse=True)
def block(monkeypatch):
    monkeypatch.setitem(REGIONS, "block", Block())
