"""All checks, in the order of the table."""

from __future__ import annotations

from validation.checks.networks import NETWORKS
from validation.checks.neurons import NEURONS
from validation.checks.plasticity import PLASTICITY
from validation.checks.short_term import SHORT_TERM
from validation.row import Check

CHECKS: tuple[Check, ...] = (*NEURONS, *SHORT_TERM, *PLASTICITY, *NETWORKS)
