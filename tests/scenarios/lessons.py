"""Five tasks, and the brains that live through each: whole, without dopamine learning, and without a PFC."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import thalia_dask
from tests.scenarios.school import ALSO_A_BANDIT, NO_LEARNING, Source, schooled, shipped, without
from thalia_dask import load_config
from thalia_dask.tasks.training import EpisodeReport

WHOLE, UNTAUGHT, LESIONED = "dopamine learning", "learning rate 0", "without PFC"

_SOURCES = sorted(Path(thalia_dask.__file__).parent.rglob("*.py"))
_SIMULATOR = hashlib.sha256(b"".join(file.read_bytes() for file in _SOURCES))


@dataclass(frozen=True)
class Life:
    """A brain, and what is laid over its config."""

    source: Source
    overrides: tuple[str, ...] = ()

    def fingerprint(self, seed: int) -> str:
        """Of its config and of the simulator."""
        config = load_config(self.source, [*self.overrides, f"global.seed={seed}"])
        digest = _SIMULATOR.copy()
        digest.update(json.dumps(config.model_dump(by_alias=True), sort_keys=True).encode())
        return digest.hexdigest()[:16]

    def live(self, seed: int) -> dict[str, list[int]]:
        """Train and examine it; returns what every episode of ``training`` and of the ``evaluation`` earned."""
        earned: dict[str, list[int]] = {"training": [], "evaluation": []}
        total = 0

        def note(report: EpisodeReport) -> None:
            nonlocal total
            before = total if report.episode > 1 else 0
            total = round(report.mean_return * report.episode)  # all rewards are whole numbers
            earned[report.phase].append(total - before)

        schooled(self.source, *self.overrides, f"global.seed={seed}", progress=note)
        return earned


@dataclass(frozen=True)
class Lesson:
    """A task, and the brains that live through it.

    Attributes
    ----------
    chance : the share that guessing gets right; None where a random policy must be asked.
    window : episodes of the running mean that is drawn.
    """

    title: str
    chance: float | None
    window: int
    lives: dict[str, Life]


def _with_and_without(
    name: str, *overrides: str, untaught: tuple[str, ...] = (), lesioned: Life | None = None
) -> dict[str, Life]:
    lives = {
        WHOLE: Life(shipped(name), overrides),
        UNTAUGHT: Life(shipped(name), (*overrides, NO_LEARNING, *untaught)),
    }
    return lives if lesioned is None else {**lives, LESIONED: lesioned}


_ALONE, _ONE_EPOCH = "brain.parallel=false", "training.epochs=1"
_NO_PFC = without("pfc", "delayed_match")
_DIGITS_NO_PFC = without("pfc", "digits", ("cortex.l5", "cerebellum.mossy"))
_ALSO_A_REVERSAL = (*ALSO_A_BANDIT, "task.params.reversal=400", "training.epochs=8")

LESSONS = {
    "digits": Lesson(
        "Digits",
        0.1,
        200,
        _with_and_without(
            "digits", _ALONE, untaught=(_ONE_EPOCH,), lesioned=Life(_DIGITS_NO_PFC, (_ALONE, _ONE_EPOCH))
        ),
    ),
    "bandit": Lesson(
        "Contextual bandit", 0.5, 40, _with_and_without("bandit", lesioned=Life(_NO_PFC, ALSO_A_BANDIT))
    ),
    "reversal": Lesson("Reversal", 0.5, 40, _with_and_without("reversal", lesioned=Life(_NO_PFC, _ALSO_A_REVERSAL))),
    "delayed_match": Lesson("Delayed match", 0.5, 100, _with_and_without("delayed_match", lesioned=Life(_NO_PFC))),
    "cartpole": Lesson("CartPole", None, 20, _with_and_without("cartpole")),
}
