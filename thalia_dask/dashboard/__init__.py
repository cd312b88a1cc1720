"""The live page: what a run looks like while it happens, drawn in the Dask dashboard."""
