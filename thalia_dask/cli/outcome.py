"""What is told of a training: as text, as JSON, and as attributes of the recording."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from thalia_dask import __version__
from thalia_dask.cli.text import counted, table
from thalia_dask.errors import OutputError
from thalia_dask.tasks.registry import Task, score
from thalia_dask.tasks.training import TrainingResult

_BAR_CELLS = 40


@dataclass(frozen=True, slots=True)
class Outcome:
    """One training, when it is over.

    Attributes
    ----------
    executor, workers : what ran the regions, on how many processes.
    seconds : from the building of the brain to the end of the evaluation.
    """

    config: str
    task: Task
    result: TrainingResult
    seed: int
    executor: str
    workers: int
    seconds: float

    def learning_curve(self) -> str:
        """A line for each epoch, with a bar."""
        curve = self.result.accuracy_by_epoch
        full = 1.0 if self.task.chance is not None else max(map(abs, curve)) or 1.0
        rows = [
            (epoch, score(value, self.task.measure), "#" * round(_BAR_CELLS * max(value, 0.0) / full))
            for epoch, value in enumerate(curve, 1)
        ]
        return table(("epoch", self.task.measure, ""), rows, right=(0, 1))

    def verdict(self) -> str:
        """The evaluation in one line."""
        result, measure = self.result, self.task.measure
        noun = "held-out trial" if self.task.has_heldout else "examination episode"
        what = counted(result.evaluation_trials, noun)
        chance = "" if self.task.chance is None else f" (chance {score(self.task.chance, measure)})"
        return f"{measure} in {what}: {score(result.accuracy_heldout, measure)}{chance}"

    def attributes(self) -> dict[str, object]:
        """For the root of the recording."""
        told = {"task": self.task.name, **self._scores()}
        if self.task.chance is not None:
            told |= {"trials_per_epoch": self.result.training_trials, "chance_accuracy": self.task.chance}
        return told

    def write(self, path: Path) -> None:
        """Write everything as JSON.

        Raises
        ------
        OutputError : if the file cannot be written.
        """
        told = {
            **self._scores(),
            "chance_accuracy": self.task.chance,
            "task": self.task.name,
            "config": self.config,
            "seed": self.seed,
            "executor": self.executor,
            "workers": self.workers,
            "seconds": round(self.seconds, 3),
            "epochs": len(self.result.accuracy_by_epoch),
            "trials_per_epoch": self.result.training_trials,
            "evaluation_trials": self.result.evaluation_trials,
            "version": __version__,
        }
        try:
            path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}; write another --out") from error

    def _scores(self) -> dict[str, object]:
        by_epoch, evaluated = list(self.result.accuracy_by_epoch), self.result.accuracy_heldout
        if self.task.chance is not None:
            return {"accuracy_heldout": evaluated, "accuracy_by_epoch": by_epoch}
        return {"mean_return_evaluation": evaluated, "mean_return_by_epoch": by_epoch}
