"""Three lights, three buttons: pressing the button of the light that is on is rewarded."""

import numpy as np

from thalia_dask import DynamicBrain, load_config

N_TRIALS, BLOCK = 150, 30


def learn(brain: DynamicBrain) -> list[bool]:
    """Whether the brain was right, trial by trial."""
    rng = np.random.default_rng(1)
    right = []
    for _ in range(N_TRIALS):
        light = rng.integers(3)
        seen = np.zeros(24)
        seen[8 * light : 8 * light + 8] = 1.0

        brain.reset_episode()
        brain.forward(seen, n_timesteps=40)
        action, _ = brain.select_action()
        brain.deliver_reward(float(action == light))
        right.append(bool(action == light))
    return right


if __name__ == "__main__":
    config = load_config("three_lights.yaml")
    with DynamicBrain.from_thalia_config(config, out="learn.zarr", overwrite=True) as brain:
        right = learn(brain)
        for first in range(0, N_TRIALS, BLOCK):
            print(f"trials {first:3} to {first + BLOCK - 1:3}: {np.mean(right[first : first + BLOCK]):.0%} right")
