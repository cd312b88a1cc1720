"""All checks, in the order of the table."""

from __future__ import annotations

from validation.checks.neurons import NEURONS
from validation.row import Check

CHECKS: tuple[Check, ...] = (*NEURONS,)
