import numpy as np

from thalia_dask import DynamicBrain
from thalia_dask.config import BrainConfig, RegionSizes, ThaliaConfig

if __name__ == "__main__":  # worker processes import this file
    sizes = RegionSizes(input_size=64, cortex_size=128, n_actions=4)
    config = ThaliaConfig(brain=BrainConfig(sizes=sizes, parallel=True))
    with DynamicBrain.from_thalia_config(config) as brain:
        result = brain.forward(np.linspace(0, 1, 64), n_timesteps=100)
        action, confidence = brain.select_action()
        surprise = brain.deliver_reward(external_reward=1.0)
        print(f"{brain}\naction {action}, confidence {confidence:.2f}, reward prediction error {surprise:+.2f}")
        print(result.dataset.drop_attrs())
