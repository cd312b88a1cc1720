"""Figures of a recording."""

RATES, RASTER, TRACES, LEARNING_CURVE = FIGURES = ("rates", "raster", "traces", "learning_curve")
"""Their names; those of files end with them."""
