"""The digits brain learns for some trials on a described cluster; a program, so that srun can start it.

python -m tests.slurm.digits CLUSTER.yaml OUT.json
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from tests.brain.small_brains import final_state
from tests.toy_brains import Diary
from thalia_dask import DynamicBrain, load_config, open_cluster

ROOT = Path(__file__).parents[2]
N_TRIALS = 8


def learn(*overrides: str, **options: Any) -> tuple[list[Any], dict[str, str]]:
    """What came of the trials, exactly, and the address of each region's worker."""
    config = load_config(ROOT / "configs" / "digits.yaml", overrides)
    images, labels = load_digits(return_X_y=True)
    diary, acted = Diary(), []
    with DynamicBrain.from_thalia_config(config, observers=[diary], **options) as brain:
        for image, label in zip(images[:N_TRIALS] / 16.0, labels, strict=False):
            brain.forward(image.astype(np.float32))
            action, confidence = brain.select_action()
            acted.append([action, confidence, brain.deliver_reward(float(action == label))])
        everything = repr((sorted(final_state(brain).items()), diary.spikes, diary.observed))
        homes = getattr(brain.executor, "placement", {})
    return [*acted, hashlib.sha256(everything.encode()).hexdigest()], homes


def place() -> list[str]:
    """Job and node of the worker that this runs on."""
    return [os.environ["SLURM_JOB_ID"], os.environ["SLURMD_NODENAME"]]


if __name__ == "__main__":
    with open_cluster(sys.argv[1]) as client:
        places = client.run(place)
        came, homes = learn("brain.parallel=true", client=client)
        told = {"came": came, "homes": {region: places[worker] for region, worker in homes.items()}}
        Path(sys.argv[2]).write_text(json.dumps(told), encoding="utf-8")
