"""What can be seen of a brain, and put into its regions, at any time and on any executor."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from thalia_dask.brain.as_html import brain_html
from thalia_dask.brain.given_state import laid_over, settled
from thalia_dask.brain.live import no_link
from thalia_dask.brain.performance import performance
from thalia_dask.brain.region_view import RegionView, region_views
from thalia_dask.brain.tally import Tally
from thalia_dask.engine.executor import Executor
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.errors import InputError, StateError
from thalia_dask.recording.dataset import build_dataset
from thalia_dask.recording.recorder import Recorder
from thalia_dask.recording.schema import EFFICACY, SYNAPSES
from thalia_dask.recording.synapses import Synapses
from thalia_dask.regions.base import plain_entries
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.topology.plan import BrainPlan


class Inspectable:
    """A brain as far as its inside is looked at, or changed by hand.

    Attributes
    ----------
    plan : what it was built from.
    executor : what runs the regions: its ``name`` and ``n_workers`` tell how, its ``reason`` why ("auto" chose it).
    recorder : the recorder itself, to read a span or to add attributes.
    """

    plan: BrainPlan
    executor: Executor
    recorder: Recorder
    _orchestrator: Orchestrator
    _tally: Tally
    _stimulus_seconds: float
    _dashboard_link: str | None
    _closed: bool
    _process: int

    @property
    def now(self) -> int:
        """The next step to be computed."""
        return self._orchestrator.now

    @property
    def dashboard_link(self) -> str:
        """The address of the live page, see ``execution.dashboard``; it is gone when the brain is closed.

        Raises
        ------
        StateError : if there is none, as of every sequential brain.
        """
        if self._dashboard_link is None:
            raise no_link(self.executor)
        return self._dashboard_link

    @property
    def recording(self) -> xr.DataTree:
        """Everything recorded so far: a root group by region and time, and one group per region."""
        return self.recorder.tree()

    @property
    def performance(self) -> xr.Dataset:
        """Where the time went so far: by region, by worker, and in the orchestrator."""
        return performance(self.plan, self.executor, self._orchestrator.effort, self._tally, self._stimulus_seconds)

    def state(self, region: str) -> dict[str, NDArray[Any]]:
        """The complete state of a region, as arrays by name: membranes, weights, traces.

        Raises
        ------
        InputError : for an unknown region.
        RegionError : if it has no state that can be told.
        """
        executor = self._open()
        self._check_region(region)
        return {name: np.asarray(value) for name, value in plain_entries(executor.snapshot(region)).items()}

    def set_state(self, region: str, state: Mapping[str, ArrayLike]) -> None:
        """Put entries of a region's state into it, from the next step on: what :meth:`state` gave, changed.

        ``weight`` is ordered as the ``synapse`` of :meth:`synapses`; what a rule has kept aside for an efficacy is
        put into it before, so that it is what is given. Whether a region can be in such a state, which signs and
        bounds its efficacies have, is not looked at. ``in_flight`` holds steps of the brain's time: leave it out to
        return to an earlier state.

        Parameters
        ----------
        state : entries by name, shapes and dtypes as in :meth:`state`; what is not among them stays as it is.

        Raises
        ------
        InputError : for an unknown region or entry, another shape or kind of number, or numbers that are not finite.
        StateError : if the region refuses it.
        """
        executor = self._open()
        self._check_region(region)
        present = executor.snapshot(region)
        if isinstance(state, Mapping) and "weight" in state:
            present = settled(self._spec(region), present, self.now)
        executor.restore(region, laid_over(present, state, region))

    def synapses(self, region: str, source: str | None = None, target: str | None = None) -> xr.Dataset:
        """The synapses inside a region and onto it, dim synapse, as they are now.

        It takes as long as building the region, and about 100 bytes for each synapse that is chosen.

        Parameters
        ----------
        source, target : take those from the axons of this population, and onto the cells of that one, alone; written
            as in the result: ``"cortex.l4"``, ``"stimulus"``.

        Returns
        -------
        ``source`` and ``target`` populations, ``source_neuron`` and ``target_neuron`` (indices within them),
        ``receptor``, ``delay_ms`` with the axonal delay, ``initial_efficacy`` and ``efficacy`` (float32; mV, or nS
        where the model takes conductances). ``synapse`` is the index into the region's synapse table.

        Raises
        ------
        InputError : for an unknown region, or one whose kind has no table of synapses.
        ConfigError : for an unknown population.
        """
        executor = self._open()
        self._check_region(region)
        some = Synapses(self.plan, self._spec(region), _only(source), _only(target))
        efficacies = {"efficacy": some.efficacies(executor.snapshot(region), self.now)}
        return build_dataset((*SYNAPSES, EFFICACY), some.columns | efficacies, {})

    def __repr__(self) -> str:
        return (
            f"DynamicBrain({', '.join(self.plan.region_names)}; {self.executor.name} executor, "
            f"at step {self.now} of {self.plan.dt_ms:g} ms)"
        )

    def _repr_html_(self) -> str:
        spikes, address = self._tally.all_spikes, self._dashboard_link
        return brain_html(self.plan, self.executor, self.now, spikes, address, closed=self._closed)

    @property
    def adapters(self) -> dict[str, RegionView]:
        """Region -> what it is; the size of a region is ``brain.adapters[name].impl.n_neurons``."""
        return region_views(self.plan)

    def _spec(self, region: str) -> RegionSpec:
        return next(spec for spec in self.plan.regions if spec.name == region)

    def _check_region(self, region: str) -> None:
        if region not in self.plan.region_names:
            raise InputError(f"there is no region '{region}'; the regions are: {', '.join(self.plan.region_names)}")

    def _open(self) -> Executor:
        if self._closed:
            raise StateError("this brain is closed; build another one with DynamicBrain.from_thalia_config(config)")
        if os.getpid() != self._process:
            raise StateError(
                f"this brain is that of process {self._process}, of which this one is a fork: its regions and its "
                "recording are not here; build another one here, or start processes by 'spawn'"
            )
        return self.executor


def _only(name: str | None) -> tuple[str, ...] | None:
    return None if name is None else (name,)
