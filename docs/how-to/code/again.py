"""Simulate once more what `thalia-dask run` recorded, from nothing but the recording: python again.py OLD NEW."""

import json
import sys

import xarray as xr

from thalia_dask import load_config, simulate

if __name__ == "__main__":
    old, new = sys.argv[1:3]
    recorded = xr.open_datatree(old, engine="zarr", consolidated=False)
    config = load_config(json.loads(recorded.attrs["config"]))
    simulate(config, recorded.sizes["time"] * recorded.attrs["dt_ms"], out=new)
