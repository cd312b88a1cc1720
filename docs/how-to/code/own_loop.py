"""Train until the mean return of an epoch is GOAL, and go on from there when called again: own_loop.py GOAL."""

import sys
from pathlib import Path

import left_right  # noqa: F401 (it registers LeftRight-v0)

from thalia_dask import DynamicBrain, load_config
from thalia_dask.engine.checkpoint import read_checkpoint
from thalia_dask.tasks.registry import Task, open_task

STATE, RECORDING = Path("own.state.zarr"), Path("own.zarr")
EPISODES, MOST_EPOCHS = 20, 10


def train_an_epoch(brain: DynamicBrain, task: Task, seed: int) -> float:
    """The mean return of some episodes, of one step or of many."""
    total = 0.0
    for episode in range(EPISODES):
        brain.reset_episode()
        observation, _ = task.training.reset(seed=None if episode else seed)
        earned, over = None, False
        while not over:
            brain.forward(task.encoder(observation), n_timesteps=40)
            if earned is not None:
                brain.deliver_reward(earned)  # of the action before: where it has led has been seen
            action, _ = brain.select_action()
            observation, earned, terminated, truncated, _ = task.training.step(task.actions.start + action)
            over = terminated or truncated
            total += earned
        if not terminated:  # a limit of time: it ends in a state like others, which has to be seen
            brain.forward(task.encoder(observation), n_timesteps=40)
        brain.deliver_reward(earned)
    return total / EPISODES


if __name__ == "__main__":
    config, done = load_config("left_right.yaml"), 0
    if STATE.exists():
        saved = read_checkpoint(STATE)
        done = saved.run["epochs"]
        brain = DynamicBrain.load(saved, out=RECORDING, append=True)
    else:
        brain = DynamicBrain.from_thalia_config(config, out=RECORDING)
    task = open_task(config.task)
    with brain:
        for epoch in range(done + 1, MOST_EPOCHS + 1):
            mean_return = train_an_epoch(brain, task, seed=epoch)  # other episodes in every epoch
            brain.save(STATE, overwrite=True, run={"epochs": epoch})
            print(f"epoch {epoch}: mean return {mean_return}")
            if mean_return >= float(sys.argv[1]):
                break
        print(f"{brain.recording.sizes['trial']} trials in {RECORDING}")
