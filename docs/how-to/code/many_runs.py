"""How the rate of a cortex goes with the efficacy of its input, for several seeds."""

import xarray as xr

from thalia_dask import load_config, simulate

SEEDS, EFFICACIES_MV = [1, 2, 3], [100.0, 200.0, 400.0]


def cortical_rate(seed: int, efficacy_mv: float) -> float:
    """In Hz, over 300 ms at full intensity."""
    changes = [
        f"global.seed={seed}",
        f"brain.region_params.cortex.feedforward_mv={efficacy_mv}",
        "recording.spikes=false",
    ]
    config = load_config("configs/two_regions.yaml", changes)
    return float(simulate(config, duration_ms=300)["rate"].sel(region="cortex").mean())


if __name__ == "__main__":
    rates = xr.DataArray(
        [[cortical_rate(seed, efficacy_mv) for efficacy_mv in EFFICACIES_MV] for seed in SEEDS],
        {"seed": SEEDS, "feedforward_mv": EFFICACIES_MV},
        name="rate",
        attrs={"units": "Hz"},
    )
    print(rates.to_pandas().round(1).to_string())
    print("mean  ", rates.mean("seed").values.round(1))
    print("spread", rates.std("seed").values.round(1))
