"""Whether two recordings hold the same: python compare.py ONE.zarr OTHER.zarr."""

import sys

import xarray as xr

one, other = (xr.open_datatree(path, engine="zarr", consolidated=False) for path in sys.argv[1:3])
same = one.to_dataset().drop_attrs().equals(other.to_dataset().drop_attrs())
print(f"root: {'the same' if same else 'different'}")
for region in one["region"].values:
    same = one[region].to_dataset().equals(other[region].to_dataset())
    print(f"{region}: {'the same' if same else 'different'}, {one[region].sizes['spike']} spikes")
