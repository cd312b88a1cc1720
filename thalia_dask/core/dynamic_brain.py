"""The module in which Thalia keeps its brain."""

from thalia_dask.brain import DynamicBrain

__all__ = ["DynamicBrain"]
