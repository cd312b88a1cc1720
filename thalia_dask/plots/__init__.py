"""Figures of a recording."""

RATES, RASTER, LEARNING_CURVE = FIGURES = ("rates", "raster", "learning_curve")
"""Their names; those of files end with them."""
