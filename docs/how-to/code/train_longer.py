"""Go on learning where a training ended: train_longer.py RUN.checkpoints."""

import sys
from pathlib import Path

import left_right  # noqa: F401 (it registers LeftRight-v0)

from thalia_dask import DynamicBrain
from thalia_dask.tasks.registry import open_task
from thalia_dask.tasks.training import train_and_evaluate

if __name__ == "__main__":
    last = max(Path(sys.argv[1]).glob("*.zarr"))
    with DynamicBrain.load(last, out="longer.zarr") as brain:
        config = brain.config
        task = open_task(config.task)
        result = train_and_evaluate(brain, task, epochs=1, n_timesteps=config.brain.encoding_timesteps)
    print("epochs:", result.accuracy_by_epoch, "examination:", result.accuracy_heldout)
