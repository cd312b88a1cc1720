"""Write the page on what whole brains learn: five tasks over five seeds, without dopamine learning, and without PFC.

Run it as ``python docs/make_task_curves.py [--redraw] [TASK ...]``; without names, all tasks. ``results/tasks.json``
keeps every life with a fingerprint of its config and of the simulator. A life whose fingerprint is still the same is not
lived again: an interrupted run goes on, and a changed simulator runs all anew. ``--redraw`` takes whatever is kept.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from docs.make_behaviour import points  # noqa: E402
from docs.make_learning_figures import FIGURES, SEEDS, curve  # noqa: E402
from tests.scenarios.school import (  # noqa: E402
    ALSO_A_BANDIT,
    NO_LEARNING,
    Source,
    guessed_returns,
    schooled,
    shipped,
    without,
)
from thalia_dask import load_config  # noqa: E402
from thalia_dask.plots.palette import FAINT, GRID, INK, PALETTE  # noqa: E402
from thalia_dask.plots.style import WIDTH_INCHES, panel_title  # noqa: E402
from thalia_dask.seeds import generator  # noqa: E402
from thalia_dask.tasks.training import EpisodeReport  # noqa: E402

RESULTS = ROOT / "results" / "tasks.json"
WHOLE, UNTAUGHT, LESIONED = "dopamine learning", "learning rate 0", "without PFC"
COLOURS = {WHOLE: PALETTE[0], UNTAUGHT: PALETTE[1], LESIONED: PALETTE[2]}
N_EXAMINED = 50
"""Episodes of CartPole's examination."""
N_SHUFFLES = 10_000

SIMULATOR = hashlib.sha256(b"".join(file.read_bytes() for file in sorted((ROOT / "thalia_dask").rglob("*.py"))))

Returns = NDArray[np.float64]


@dataclass(frozen=True)
class Life:
    """A brain, and what is laid over its config."""

    source: Source
    overrides: tuple[str, ...] = ()

    def fingerprint(self, seed: int) -> str:
        """Of its config and of the simulator."""
        config = load_config(self.source, [*self.overrides, f"global.seed={seed}"])
        digest = SIMULATOR.copy()
        digest.update(json.dumps(config.model_dump(by_alias=True), sort_keys=True).encode())
        return digest.hexdigest()[:16]

    def live(self, seed: int) -> dict[str, Any]:
        """Train and examine it; returns what every episode earned."""
        earned: dict[str, list[int]] = {"training": [], "evaluation": []}
        total = 0

        def note(report: EpisodeReport) -> None:
            nonlocal total
            before = total if report.episode > 1 else 0
            total = round(report.mean_return * report.episode)  # all rewards are whole numbers
            earned[report.phase].append(total - before)

        began = time.perf_counter()
        schooled(self.source, *self.overrides, f"global.seed={seed}", progress=note)
        return {"fingerprint": self.fingerprint(seed), **earned, "seconds": round(time.perf_counter() - began, 1)}


@dataclass(frozen=True)
class Lesson:
    """A task, and the brains that live through it.

    Attributes
    ----------
    chance : the share that guessing gets right; None where a random policy must be asked.
    window : trials of the running mean that is drawn.
    needs_pfc : whether it cannot be done without a prefrontal cortex.
    """

    title: str
    chance: float | None
    window: int
    lives: dict[str, Life]
    needs_pfc: bool = False

    def text(self, value: float) -> str:
        """A mean return as it is read."""
        return f"{value:.1f}" if self.chance is None else f"{value:.1%}"


def _lives(name: str, lesioned: Life | None, *overrides: str, untaught: tuple[str, ...] = ()) -> dict[str, Life]:
    lives = {
        WHOLE: Life(shipped(name), overrides),
        UNTAUGHT: Life(shipped(name), (*overrides, NO_LEARNING, *untaught)),
    }
    return lives if lesioned is None else {**lives, LESIONED: lesioned}


ALONE, ONE_EPOCH = "brain.parallel=false", "training.epochs=1"
NO_PFC = without("pfc", "delayed_match")
DIGITS_NO_PFC = Life(without("pfc", "digits", ("cortex.l5", "cerebellum.mossy")), (ALONE, ONE_EPOCH))
ALSO_A_REVERSAL = (*ALSO_A_BANDIT, "task.params.reversal=400", "training.epochs=8")

LESSONS = {
    "digits": Lesson("Digits", 0.1, 200, _lives("digits", DIGITS_NO_PFC, ALONE, untaught=(ONE_EPOCH,))),
    "bandit": Lesson("Contextual bandit", 0.5, 60, _lives("bandit", Life(NO_PFC, ALSO_A_BANDIT))),
    "reversal": Lesson("Reversal", 0.5, 60, _lives("reversal", Life(NO_PFC, ALSO_A_REVERSAL))),
    "delayed_match": Lesson(
        "Delayed match to sample", 0.5, 100, _lives("delayed_match", Life(NO_PFC)), needs_pfc=True
    ),
    "cartpole": Lesson("CartPole", None, 20, _lives("cartpole", None)),
}


def kept() -> dict[str, Any]:
    """What has been kept: task, then brain, then seed."""
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}


def run(names: Sequence[str]) -> None:
    """Live all lives that are not kept under their present fingerprint."""
    results = kept()
    for name in names:
        for brain, life in LESSONS[name].lives.items():
            lived = results.setdefault(name, {}).setdefault(brain, {})
            for seed in SEEDS:
                if lived.get(str(seed), {}).get("fingerprint") != life.fingerprint(seed):
                    lived[str(seed)] = life.live(seed)
                    _keep(results)
                score = np.mean(lived[str(seed)]["evaluation"])
                print(f"{name}, {brain}, seed {seed}: {score:.3f}, {lived[str(seed)]['seconds']} s", flush=True)


def _keep(results: dict[str, Any]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    draft = RESULTS.with_suffix(".part")
    draft.write_text(json.dumps(results) + "\n", encoding="utf-8")
    draft.replace(RESULTS)


class Outcome:
    """What became of the brains of a task; arrays have shape (seeds, episodes)."""

    def __init__(self, name: str, results: dict[str, Any]) -> None:
        self.lesson = LESSONS[name]
        lived = {
            brain: [results.get(name, {}).get(brain, {}).get(str(seed)) for seed in SEEDS]
            for brain in self.lesson.lives
        }
        if any(one is None for many in lived.values() for one in many):
            raise SystemExit(f"not all of '{name}' is kept: run python docs/make_task_curves.py {name}")
        self.training = {brain: np.array([one["training"] for one in many], float) for brain, many in lived.items()}
        self.examined = {brain: np.array([one["evaluation"] for one in many], float) for brain, many in lived.items()}
        self.guessed = None if self.lesson.chance else guessed_returns("CartPole-v1", len(SEEDS) * N_EXAMINED)
        self.chance = self.lesson.chance or float(self.guessed.mean())

    def scores(self, brain: str) -> Returns:
        """Mean of each seed's examination."""
        return self.examined[brain].mean(axis=1)

    def summary(self, brain: str) -> str:
        """Mean and range over seeds."""
        if brain not in self.examined:
            return "has none"
        scores, text = self.scores(brain), self.lesson.text
        return f"{text(scores.mean())} ({text(scores.min())} to {text(scores.max())})"


def exact_p(ones: Returns, others: Returns) -> float:
    """Two-sided p of the difference of means, over all ways to deal the values to the two groups."""
    values = np.concatenate([ones, others])
    found = abs(ones.mean() - others.mean())
    deals = [list(deal) for deal in combinations(range(len(values)), len(ones))]
    firsts = values[deals].mean(axis=1)
    rests = (values.sum() - values[deals].sum(axis=1)) / len(others)
    return float(np.mean(np.abs(firsts - rests) >= found - 1e-9))


def shuffled_p(ones: Returns, others: Returns) -> float:
    """The same for many values, over random deals."""
    rng = generator(1, "task curves", "permutation")
    values = np.concatenate([ones, others])
    found = abs(ones.mean() - others.mean())
    shuffles = rng.permuted(np.tile(values, (N_SHUFFLES, 1)), axis=1)
    gaps = shuffles[:, : len(ones)].mean(axis=1) - shuffles[:, len(ones) :].mean(axis=1)
    return float((1 + np.sum(np.abs(gaps) >= found - 1e-9)) / (1 + N_SHUFFLES))


def _draw_lesson(panel: Axes, outcome: Outcome) -> None:
    lesson = outcome.lesson
    for brain, returns in outcome.training.items():
        if brain != LESIONED or lesson.needs_pfc:
            curve(panel, returns, COLOURS[brain], brain, lesson.window)
    panel.axhline(outcome.chance, color=FAINT, linestyle=(0, (4, 3)), linewidth=1)
    panel.set_xlabel("Episode" if lesson.chance is None else "Trial")
    panel.set_xlim(0, outcome.training[WHOLE].shape[1])
    panel_title(panel, f"{lesson.title}, mean of {lesson.window}")
    if lesson.chance is None:
        panel.set_ylabel("Steps upright")
        panel.set_ylim(0, None)
    else:
        _percent(panel)


def _percent(panel: Axes) -> None:
    panel.set_ylim(0, 1.02)
    panel.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")


def _draw_lesions(panel: Axes, outcomes: Sequence[Outcome]) -> None:
    for at, outcome in enumerate(outcomes):
        points(panel, at - 0.2, list(outcome.scores(WHOLE)), COLOURS[WHOLE])
        points(panel, at + 0.2, list(outcome.scores(LESIONED)), COLOURS[LESIONED])
        panel.plot([at - 0.45, at + 0.45], [outcome.chance] * 2, color=FAINT, linestyle=(0, (4, 3)), linewidth=1)
    panel.set_xticks(range(len(outcomes)), [outcome.lesson.title.replace(" ", "\n", 1) for outcome in outcomes])
    panel_title(panel, "Examined with and without PFC")
    _percent(panel)


def draw(outcomes: dict[str, Outcome]) -> None:
    """One panel a task, and one for the lesion."""
    figure = Figure(figsize=(WIDTH_INCHES, 6.2), facecolor="white", layout="constrained")
    panels = list(figure.subplots(2, 3).flat)
    for panel, outcome in zip(panels, outcomes.values(), strict=False):
        _draw_lesson(panel, outcome)
    _draw_lesions(panels[-1], [outcome for outcome in outcomes.values() if LESIONED in outcome.examined])
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(colors=FAINT, labelcolor=INK, labelsize=8)
        panel.grid(axis="y", color=GRID, linewidth=0.7)
        panel.set_axisbelow(True)
    matched = panels[list(outcomes).index("delayed_match")]
    handles, names = matched.get_legend_handles_labels()
    handles.append(matched.lines[-1])
    figure.legend(handles, [*names, "chance"], loc="outside upper center", ncols=4, frameon=False)
    figure.savefig(FIGURES / "tasks.png", dpi=150)


def _row(outcome: Outcome) -> str:
    chance = outcome.lesson.text(outcome.chance)
    p = exact_p(outcome.scores(WHOLE), outcome.scores(UNTAUGHT))
    cells = [outcome.summary(WHOLE), chance, outcome.summary(UNTAUGHT), f"{p:.3f}", outcome.summary(LESIONED)]
    return f"| {outcome.lesson.title} | {' | '.join(cells)} |"


def _pole(outcome: Outcome) -> str:
    """CartPole against a random policy."""
    blocks = outcome.guessed.reshape(len(SEEDS), N_EXAMINED)
    p = exact_p(outcome.scores(WHOLE), blocks.mean(axis=1))
    alone = max(shuffled_p(examined, outcome.guessed) for examined in outcome.examined[WHOLE])
    last = outcome.training[WHOLE][:, -N_EXAMINED:].mean(axis=1)
    return (
        f"Random actions keep the pole upright for {outcome.chance:.1f} steps (250 episodes). Five brains against "
        f"five times {N_EXAMINED} random episodes: p = {p:.4f} (exact permutation test of the seeds' means, "
        f"two-sided; 2/252 is the least that five against five can give). Each brain alone, its {N_EXAMINED} episodes "
        f"of the examination against the 250: p ≤ {alone:.4f} ({N_SHUFFLES} random permutations). In the last epoch, "
        f"while it still learned and explored, the pole stood for {last.mean():.0f} steps ({last.min():.0f} to "
        f"{last.max():.0f})."
    )


def page(outcomes: dict[str, Outcome]) -> str:
    """The page."""
    least = outcomes["digits"].scores(WHOLE).min()
    lines = [
        "<!-- Written by docs/make_task_curves.py from results/tasks.json: run `make behaviour`. -->\n",
        "# What whole brains learn by reward\n",
        "The brains of `configs`, trained as those say, and examined without exploration and without reward; mean "
        f"over {len(SEEDS)} seeds (least to most). All that a brain hears of its task is its reward.\n",
        "| task | examined | chance | learning rate 0 | p | without PFC |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(_row(outcome) for outcome in outcomes.values()),
        "\n![Learning curves](tasks.png)\n",
        NOTES.format(least=f"{least:.1%}"),
        f"**CartPole.** {_pole(outcomes['cartpole'])}\n",
        "Experiments: `tests/scenarios`. Reproduce: `make behaviour`. Seeds 1 to 5.\n",
    ]
    return "\n".join(lines)


NOTES = """"""


if __name__ == "__main__":
    wanted = [name for name in sys.argv[1:] if name != "--redraw"] or list(LESSONS)
    if "--redraw" not in sys.argv[1:]:
        run(wanted)
    results = kept()
    outcomes = {name: Outcome(name, results) for name in LESSONS}
    draw(outcomes)
    (FIGURES / "tasks.md").write_text(page(outcomes), encoding="utf-8")
    print((FIGURES / "tasks.md").relative_to(ROOT))
