"""Two regions by Thalia's parallel interface."""

import torch

from thalia_dask.events.parallel import ParallelExecutor, create_region_creator

if __name__ == "__main__":  # worker processes import this file
    creators = {
        "cortex": create_region_creator(
            "cortex",
            {"n_input": 24, "n_layers": 3, "layer_sizes": [24, 24, 20], "output_targets": ["striatum"]},
        ),
        "striatum": create_region_creator("striatum", {"n_input": 20, "n_actions": 4, "neurons_per_action": 5}),
    }
    with ParallelExecutor(creators, batch_tolerance_ms=0.1) as executor:
        for time_ms in range(10):
            executor.inject_sensory_input(torch.ones(24), target="cortex", time=float(time_ms))
        print(executor.run_until(30.0))
