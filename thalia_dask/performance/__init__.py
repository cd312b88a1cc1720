"""What a brain costs, and whether Dask would make it faster: machine, costs, forecast, choice."""
