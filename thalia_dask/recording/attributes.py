"""The root attributes of an output: enough to know, and to repeat, the run it came from."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib.metadata import version

from thalia_dask.engine.executor import RecoveryReport
from thalia_dask.recording.schema import SCHEMA_VERSION

_PACKAGES = ("thalia_dask", "torch", "numpy", "xarray")
SOURCE = "thalia_dask"


def run_attributes(
    config_json: str, *, seed: int, dt_ms: float, executor: str, executor_reason: str = ""
) -> dict[str, str | int | float]:
    """The attributes of one run, all of them plain text or numbers.

    Parameters
    ----------
    config_json : the resolved config as JSON text.
    executor : name of the executor that runs the regions, e.g. ``"sequential"``.
    executor_reason : why it was chosen, where the config leaves that to the brain; empty elsewhere.
    """
    versions = {name: version(name) for name in _PACKAGES} | {"python": platform.python_version()}
    return {
        "source": f"{SOURCE} {versions['thalia_dask']}",
        "schema_version": SCHEMA_VERSION,
        "config": config_json,
        "seed": seed,
        "dt_ms": dt_ms,
        "executor": executor,
        **({"executor_reason": executor_reason} if executor_reason else {}),
        "versions": json.dumps(versions),
    }


def recovery_attributes(reports: Sequence[RecoveryReport]) -> dict[str, int | float]:
    """The attributes of a run whose workers were lost: how often, and what it cost. Nothing else in it differs."""
    return {
        "recoveries": len(reports),
        "recovery_seconds": sum(report.seconds for report in reports),
        "recovery_steps_replayed": sum(report.steps_replayed for report in reports),
    }
