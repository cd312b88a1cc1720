"""The brain as its user sees it: stimulate, read the action, reward, inspect."""

from thalia_dask.brain.checkpoints import Checkpoints
from thalia_dask.brain.dynamic_brain import DynamicBrain
from thalia_dask.brain.result import Result
from thalia_dask.brain.simulate import drive, simulate
from thalia_dask.brain.stimuli import Sequential, Sustained, Transient

__all__ = [
    "Checkpoints",
    "DynamicBrain",
    "Result",
    "Sequential",
    "Sustained",
    "Transient",
    "drive",
    "simulate",
]
