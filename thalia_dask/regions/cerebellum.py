"""Cerebellum: many granule cells under Golgi inhibition, Purkinje cells, and the nuclei that they inhibit.

Mossy fibres excite granule cells (few inputs each) and the nuclei; parallel fibres excite Purkinje cells; Purkinje
cells, Golgi cells and nuclei are spontaneously active: Marr (1969), J. Physiol. 202:437; Eccles, Ito & Szentágothai
(1967), "The Cerebellum as a Neuronal Machine"; Person & Raman (2012), Nature 481:502, for the nuclei.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from thalia_dask.declared import Efficacy, NonNegative
from thalia_dask.neurons.lif import INHIBITORY, LIFParams
from thalia_dask.plasticity.climbing_fibre import ClimbingFibre, ParallelFibre
from thalia_dask.regions.kind import read_params, share
from thalia_dask.regions.layout import Background, Connection, Layout, Population
from thalia_dask.regions.spec import RegionSpec


@dataclass(frozen=True, slots=True)
class CerebellumParams:
    """Parameters of a cerebellum; parallel fibres learn where axons end in port climbing."""

    golgi_fraction: Annotated[float, "Golgi cells for each granule cell"] = 0.05
    purkinje_fraction: Annotated[float, "Purkinje cells for each granule cell"] = 0.1
    nuclei_fraction: Annotated[float, "nuclear cells for each granule cell"] = 0.1
    mossy_mv: Annotated[Efficacy, "from port mossy onto a granule cell, mV in all"] = 120.0
    mossy_spread_ms: Annotated[
        NonNegative, "how much later, at most, a mossy synapse onto a granule cell acts, ms"
    ] = 0.0
    golgi_inhibition_mv: Annotated[Efficacy, "from Golgi cells onto a granule cell, mV in all"] = 30.0
    parallel_mv: Annotated[Efficacy, "from granule cells onto a Purkinje cell before learning, mV in all"] = 50.0
    purkinje_inhibition_mv: Annotated[Efficacy, "from Purkinje cells onto a nuclear cell, mV in all"] = 15.0
    climbing_mv: Annotated[Efficacy, "from the one axon of port climbing onto a Purkinje cell, mV"] = 50.0
    potentiation: Annotated[
        NonNegative, "of `ParallelFibre`: share of the way to its bound that a spike moves a synapse"
    ] = 0.001
    depression: Annotated[
        NonNegative, "of `ParallelFibre`: share of an efficacy that a climbing spike takes at a trace of 1"
    ] = 0.1
    trace_ms: Annotated[float, "of `ParallelFibre`: time constant of the trace of its spikes, ms"] = 40.0


def layout(spec: RegionSpec) -> Layout:
    """``spec.size`` granule cells and what they drive."""
    p = read_params(spec, CerebellumParams)
    granule = LIFParams(tau_membrane_ms=10.0, resting_mv=-57.0, adaptation_mv=2.0, tau_adaptation_ms=50.0)
    golgi = LIFParams(tau_membrane_ms=15.0, adaptation_mv=2.0, tau_adaptation_ms=50.0)
    projecting = LIFParams(tau_membrane_ms=15.0, adaptation_mv=1.0, tau_adaptation_ms=50.0)
    taught = any(incoming.port == "climbing" for incoming in spec.incoming)
    parallel = ParallelFibre(p.trace_ms, p.potentiation, p.depression) if taught else None
    return Layout(
        populations=(
            Population("granule", spec.size, granule, Background(200.0, 2.0)),
            Population("golgi", share(spec.size, p.golgi_fraction), golgi, Background(1300.0, 2.5)),
            Population("purkinje", share(spec.size, p.purkinje_fraction), projecting, Background(1500.0, 2.5)),
            Population("nuclei", share(spec.size, p.nuclei_fraction), projecting, Background(1500.0, 2.5)),
        ),
        connections=(
            Connection("mossy", "granule", 0.06, p.mossy_mv, delay_ms=(0, p.mossy_spread_ms)),
            Connection("mossy", "nuclei", 0.2, 30.0, delay_ms=(0, 0)),
            Connection("granule", "golgi", 0.2, 60.0),
            Connection("golgi", "granule", 0.5, -p.golgi_inhibition_mv, INHIBITORY),
            Connection("granule", "purkinje", 0.5, p.parallel_mv, rule=parallel),
            Connection(
                "climbing", "purkinje", 1.0, p.climbing_mv, delay_ms=(0, 0), aligned=True, rule=ClimbingFibre()
            ),
            Connection("purkinje", "nuclei", 0.5, -p.purkinje_inhibition_mv, INHIBITORY),
        ),
        ports=("mossy", "climbing"),
        stimulus="mossy",
        default_output="nuclei",
    )
