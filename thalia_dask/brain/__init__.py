"""The brain as its user sees it: stimulate, read the action, reward, inspect."""

from thalia_dask.brain.dynamic_brain import DynamicBrain
from thalia_dask.brain.result import Result
from thalia_dask.brain.simulate import simulate
from thalia_dask.brain.stimuli import Sequential, Sustained, Transient

__all__ = ["DynamicBrain", "Result", "Sequential", "Sustained", "Transient", "simulate"]
