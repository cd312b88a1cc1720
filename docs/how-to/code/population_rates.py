"""An observer that keeps the rate of every population; the recording has it by region only."""

import numpy as np
import xarray as xr

from thalia_dask import simulate
from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.topology.plan import BrainPlan


class PopulationRates(Observer):
    def on_start(self, plan: BrainPlan) -> None:
        self._dt_ms = plan.dt_ms
        self._names = {region: [name for name, _ in sizes] for region, sizes in plan.populations}
        self._sizes = {region: np.array([size for _, size in sizes]) for region, sizes in plan.populations}
        self._counts = {region: np.zeros(len(names)) for region, names in self._names.items()}
        self._n_steps = 0

    def on_window(self, report: WindowReport) -> None:
        self._n_steps += report.window.n_steps
        for region, emission in report.emissions.items():
            sizes = self._sizes[region]
            population_of = np.repeat(np.arange(len(sizes)), sizes)
            fired = population_of[emission.spikes.neurons]
            self._counts[region] += np.bincount(fired, minlength=len(sizes))

    def rates(self) -> xr.DataArray:
        """Mean rates in Hz, dim population."""
        seconds = self._n_steps * self._dt_ms / 1000
        names = [f"{region}.{name}" for region, names in self._names.items() for name in names]
        values = np.concatenate([self._counts[region] / self._sizes[region] for region in self._names]) / seconds
        return xr.DataArray(values, {"population": names}, name="rate", attrs={"units": "Hz"})


if __name__ == "__main__":
    watch = PopulationRates()
    simulate("configs/two_regions.yaml", duration_ms=500, stimulus=np.full(50, 0.5), observers=[watch])
    print(watch.rates().to_series().round(1).to_string())
