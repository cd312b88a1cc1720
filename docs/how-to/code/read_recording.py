"""Spikes in ms, rates of populations, tables, a file and two figures from a recording on disk."""

import xarray as xr

from thalia_dask.plots.raster import plot_raster
from thalia_dask.plots.rates import plot_rates

tree = xr.open_datatree("runs/two.zarr", engine="zarr", consolidated=False)
root, cortex = tree.to_dataset(), tree["cortex"].to_dataset()
dt_ms, seconds = root.attrs["dt_ms"], root.sizes["time"] * root.attrs["dt_ms"] / 1000

times_ms = cortex["spike_step"].values * dt_ms
neurons = cortex["spike_neuron"].values
print("neuron 7 fires at", times_ms[neurons == 7][:5], "ms")

population_of = cortex["population"].to_series()
sizes = population_of.value_counts(sort=False)
spikes = population_of.iloc[neurons].value_counts().reindex(sizes.index, fill_value=0)
print((spikes / sizes / seconds).round(1).to_string())  # Hz

per_step = root[["rate", "membrane_potential_mean"]].to_dataframe()
print(per_step.loc["cortex"].tail(3).astype(float).round(2).to_string())

root.to_netcdf("two.nc")
plot_rates(tree, smooth_ms=20).savefig("rates.png")
plot_raster(tree, span_ms=200, stop_ms=300).savefig("raster.png")
