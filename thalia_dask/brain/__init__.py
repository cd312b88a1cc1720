"""The brain as its user sees it: stimulate, read the action, reward, inspect."""

from thalia_dask.brain.checkpoints import Checkpoints
from thalia_dask.brain.dynamic_brain import DynamicBrain
from thalia_dask.brain.result import Result
from thalia_dask.brain.simulate import drive, simulate

__all__ = ["Checkpoints", "DynamicBrain", "Result", "drive", "simulate"]
