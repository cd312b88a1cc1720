"""Everything Dask: regions as actors on the workers of a cluster."""
