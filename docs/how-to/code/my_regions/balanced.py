"""Excitation balanced by inhibition: the network of Brunel (2000), J. Comput. Neurosci. 8:183, as a region."""

from dataclasses import dataclass

from thalia_dask.neurons.lif import INHIBITORY, LIFParams
from thalia_dask.regions.kind import SpikingKind, read_params, share
from thalia_dask.regions.layout import Background, Connection, Layout, Population
from thalia_dask.regions.spec import RegionSpec


@dataclass(frozen=True, slots=True)
class BalancedParams:
    """Efficacies are sums onto one cell, in mV."""

    inhibitory_ratio: float = 0.25
    afferent_mv: float = 80.0
    recurrent_mv: float = 40.0
    inhibition_mv: float = 60.0


def layout(spec: RegionSpec) -> Layout:
    """``spec.size`` excitatory cells and their inhibitory cells."""
    p = read_params(spec, BalancedParams)
    cell = LIFParams(adaptation_mv=1.0, tau_adaptation_ms=50.0)
    noise = Background(rate_hz=1000.0, weight_mv=2.5)
    return Layout(
        populations=(
            Population("exc", spec.size, cell, noise),
            Population("inh", share(spec.size, p.inhibitory_ratio), cell, noise),
        ),
        connections=(
            Connection("afferent", "exc", probability=0.2, total_weight_mv=p.afferent_mv, delay_ms=(0, 0)),
            Connection("exc", "exc", 0.1, p.recurrent_mv),
            Connection("exc", "inh", 0.1, p.recurrent_mv),
            Connection("inh", "exc", 0.1, -p.inhibition_mv, INHIBITORY),
            Connection("inh", "inh", 0.1, -p.inhibition_mv, INHIBITORY),
        ),
        ports=("afferent",),
        stimulus="afferent",
        default_output="exc",
    )


KIND = SpikingKind(layout)
