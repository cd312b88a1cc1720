"""What `thalia-dask train` does, in Python: train for some epochs, then examine."""

import left_right  # noqa: F401 (it registers LeftRight-v0)

from thalia_dask import DynamicBrain, load_config
from thalia_dask.tasks.registry import open_task
from thalia_dask.tasks.training import train_and_evaluate

if __name__ == "__main__":
    config = load_config("left_right.yaml")
    task = open_task(config.task)
    with DynamicBrain.from_thalia_config(config, out="once.zarr", overwrite=True) as brain:
        n_timesteps = config.brain.encoding_timesteps
        result = train_and_evaluate(
            brain, task, epochs=2, n_timesteps=n_timesteps, trials_per_epoch=50, evaluation_trials=20
        )
        brain.save("once.state.zarr", overwrite=True)
    print("epochs:", result.accuracy_by_epoch, "examination:", result.accuracy_heldout)
