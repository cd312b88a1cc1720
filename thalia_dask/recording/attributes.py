"""The root attributes of an output: enough to know, and to repeat, the run it came from."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version

from thalia_dask.engine.executor import RecoveryReport
from thalia_dask.recording.schema import SCHEMA_VERSION, Observables
from thalia_dask.regions.base import Observable

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


def observables_attribute(observables: Observables) -> dict[str, str]:
    """What regions' groups hold of every step, for those who read it; nothing where they hold none."""
    declared = {region: {name: asdict(one) for name, one in own.items()} for region, own in observables.items()}
    return {"observables": json.dumps(declared)} if declared else {}


def read_observables(attributes: Mapping[str, object]) -> Observables:
    """What :func:`observables_attribute` wrote."""
    declared = json.loads(str(attributes.get("observables", "{}")))
    return {
        region: {name: Observable(**one | {"dims": tuple(one["dims"])}) for name, one in own.items()}
        for region, own in declared.items()
    }


def recovery_attributes(reports: Sequence[RecoveryReport]) -> dict[str, int | float]:
    """The attributes of a run whose workers were lost: how often, and what it cost. Nothing else in it differs."""
    return {
        "recoveries": len(reports),
        "recovery_seconds": sum(report.seconds for report in reports),
        "recovery_steps_replayed": sum(report.steps_replayed for report in reports),
    }
