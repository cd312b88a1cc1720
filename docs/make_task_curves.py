"""Write the page on what whole brains learn: five tasks over five seeds, without dopamine learning, and without PFC.

Run it as ``python docs/make_task_curves.py [--redraw] [TASK ...]``; without names, all tasks. ``results/tasks.json``
keeps every life with a fingerprint of its config and of the simulator. No life is lived again while its fingerprint
stays: an interrupted run goes on, and a changed simulator runs all anew. ``--redraw`` takes whatever is kept.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from docs.make_learning_figures import FIGURES, SEEDS, curve  # noqa: E402
from tests.scenarios.lessons import LESIONED, LESSONS, UNTAUGHT, WHOLE  # noqa: E402
from tests.scenarios.school import guessed_returns  # noqa: E402
from thalia_dask.plots.palette import FAINT, GRID, INK, PALETTE  # noqa: E402
from thalia_dask.plots.style import WIDTH_INCHES, panel_title  # noqa: E402
from thalia_dask.seeds import generator  # noqa: E402

RESULTS = ROOT / "results" / "tasks.json"
COLOURS = {WHOLE: PALETTE[0], UNTAUGHT: PALETTE[1], LESIONED: PALETTE[2]}
DASHED = (0, (4, 3))
DIGITS_BAR = 0.8
N_SHUFFLES = 10_000

Values = NDArray[np.float64]


def kept() -> dict[str, Any]:
    """What has been kept: task, then brain, then seed."""
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}


def keep(results: dict[str, Any]) -> None:
    """Replace what has been kept, at once."""
    RESULTS.parent.mkdir(exist_ok=True)
    draft = RESULTS.with_suffix(".part")
    draft.write_text(json.dumps(results) + "\n", encoding="utf-8")
    draft.replace(RESULTS)


def run(name: str) -> None:
    """Live all lives of a task that are not kept under their present fingerprint."""
    results = kept()
    for brain, life in LESSONS[name].lives.items():
        lived = results.setdefault(name, {}).setdefault(brain, {})
        for seed in SEEDS:
            fingerprint = life.fingerprint(seed)
            if lived.get(str(seed), {}).get("fingerprint") != fingerprint:
                began = time.perf_counter()
                earned = life.live(seed)
                seconds = round(time.perf_counter() - began, 1)
                lived[str(seed)] = {"fingerprint": fingerprint, **earned, "seconds": seconds}
                keep(results)
            score = np.mean(lived[str(seed)]["evaluation"])
            print(f"{name}, {brain}, seed {seed}: {score:.3f}, {lived[str(seed)]['seconds']} s", flush=True)


class Outcome:
    """What became of the brains of a task.

    Attributes
    ----------
    training, examined : what episodes earned, by brain; shape (seeds, episodes).
    guessed : what random actions earn, as many episodes as all seeds were examined in; empty where it is known.
    """

    def __init__(self, name: str) -> None:
        self.lesson = LESSONS[name]
        results = kept().get(name, {})
        if any(str(seed) not in results.get(brain, {}) for brain in self.lesson.lives for seed in SEEDS):
            raise SystemExit(f"not all of '{name}' is kept: run python docs/make_task_curves.py {name}")
        self.training, self.examined = (
            {
                brain: np.array([results[brain][str(seed)][phase] for seed in SEEDS], float)
                for brain in self.lesson.lives
            }
            for phase in ("training", "evaluation")
        )
        n_guessed = 0 if self.lesson.chance else self.examined[WHOLE].size
        self.guessed = guessed_returns("CartPole-v1", n_guessed)
        self.chance = self.lesson.chance or float(self.guessed.mean())

    def scores(self, brain: str) -> Values:
        """Mean of each seed's examination."""
        return self.examined[brain].mean(axis=1)

    def text(self, value: float) -> str:
        """A mean return as it is read."""
        return f"{value:.0%}" if self.lesson.chance else f"{value:.0f}"

    def summary(self, brain: str) -> str:
        """Mean and range over seeds, and how many trials, where they were fewer than those of the whole brain."""
        scores, n_trials = self.scores(brain), self.training[brain].shape[1]
        after = f" after {n_trials} trials" if n_trials < self.training[WHOLE].shape[1] else ""
        return f"{self.text(scores.mean())} ({self.text(scores.min())} to {self.text(scores.max())}){after}"

    @property
    def has_pfc(self) -> bool:
        """Whether the task's own brain has one; that of another task does not count."""
        life = self.lesson.lives.get(LESIONED)
        return life is not None and not any(override.startswith("task.name=") for override in life.overrides)


def exact_p(ones: Values, others: Values) -> float:
    """Two-sided p of a difference of means of as many values, over all ways to deal them to the two groups."""
    values = np.concatenate([ones, others])
    deals = np.array(list(combinations(range(len(values)), len(ones))))
    gaps = 2 * values[deals].mean(axis=1) - 2 * values.mean()
    return float(np.mean(np.abs(gaps) >= abs(ones.mean() - others.mean()) - 1e-9))


def shuffled_p(ones: Values, others: Values) -> float:
    """The same for many values, over random deals."""
    rng = generator(1, "task curves", "permutation")
    shuffles = rng.permuted(np.tile(np.concatenate([ones, others]), (N_SHUFFLES, 1)), axis=1)
    gaps = shuffles[:, : len(ones)].mean(axis=1) - shuffles[:, len(ones) :].mean(axis=1)
    as_far = np.abs(gaps) >= abs(ones.mean() - others.mean()) - 1e-9
    return float((1 + as_far.sum()) / (1 + N_SHUFFLES))


def draw_lesson(panel: Axes, outcome: Outcome) -> None:
    """Learning curves; a brain that had another number of contexts is not drawn."""
    lesson = outcome.lesson
    for brain, returns in outcome.training.items():
        if brain != LESIONED or lesson.title.startswith("Delayed"):
            curve(panel, returns, COLOURS[brain], brain, lesson.window)
    panel.axhline(outcome.chance, color=FAINT, linestyle=DASHED, linewidth=1, label="chance")
    panel.set_xlim(0, outcome.training[WHOLE].shape[1])
    panel_title(panel, f"{lesson.title}, mean of {lesson.window}")
    if lesson.chance:
        as_shares(panel)
        panel.set_xlabel("Trial")
    else:
        panel.set(xlabel="Episode", ylabel="Steps upright", ylim=(0, None))


def draw_lesions(panel: Axes, outcomes: Sequence[Outcome]) -> None:
    """Examinations of whole and lesioned brains, one point for each seed."""
    for at, outcome in enumerate(outcomes):
        for shift, brain in ((-0.2, WHOLE), (0.2, LESIONED)):
            scores = outcome.scores(brain)
            panel.plot([at + shift] * len(scores), scores, "o", color=COLOURS[brain], markersize=4, alpha=0.6)
        panel.plot([at - 0.4, at + 0.4], [outcome.chance] * 2, color=FAINT, linestyle=DASHED, linewidth=1)
    names = ["digits", "bandit", "reversal", "delayed\nmatch"]
    panel.set_xticks(range(len(outcomes)), names)
    panel_title(panel, "Examined, with and without PFC")
    as_shares(panel)


def as_shares(panel: Axes) -> None:
    """The y axis from 0 to 100 %."""
    panel.set_ylim(0, 1.03)
    panel.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")


def draw(outcomes: dict[str, Outcome]) -> None:
    """One panel a task, and one for the lesion."""
    figure = Figure(figsize=(WIDTH_INCHES, 6.2), facecolor="white", layout="constrained")
    panels = list(figure.subplots(2, 3).flat)
    for panel, outcome in zip(panels, outcomes.values(), strict=False):
        draw_lesson(panel, outcome)
    draw_lesions(panels[-1], [outcome for outcome in outcomes.values() if LESIONED in outcome.examined])
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(colors=FAINT, labelcolor=INK, labelsize=8)
        panel.xaxis.label.set_size(9)
        panel.yaxis.label.set_size(9)
        panel.grid(axis="y", color=GRID, linewidth=0.7)
        panel.set_axisbelow(True)
    shown = panels[list(outcomes).index("delayed_match")].get_legend_handles_labels()
    figure.legend(*shown, loc="outside upper center", ncols=4, frameon=False)
    figure.savefig(FIGURES / "tasks.png", dpi=150)


def row(outcome: Outcome) -> str:
    """One of the table."""
    p = exact_p(outcome.scores(WHOLE), outcome.scores(UNTAUGHT))
    whole, untaught = outcome.summary(WHOLE), outcome.summary(UNTAUGHT)
    lesioned = outcome.summary(LESIONED) if outcome.has_pfc else "has none"
    title = outcome.lesson.title + ("" if outcome.lesson.chance else " (steps)")
    return f"| {title} | {whole} | {outcome.text(outcome.chance)} | {untaught} | {p:.3f} | {lesioned} |"


def pole(outcome: Outcome) -> str:
    """CartPole against a random policy."""
    n_examined = outcome.examined[WHOLE].shape[1]
    p = exact_p(outcome.scores(WHOLE), outcome.guessed.reshape(len(SEEDS), n_examined).mean(axis=1))
    alone = max(shuffled_p(examined, outcome.guessed) for examined in outcome.examined[WHOLE])
    last = outcome.training[WHOLE][:, -n_examined:].mean(axis=1)
    return (
        f"Random actions keep the pole upright for {outcome.chance:.1f} steps. Five brains against five times "
        f"{n_examined} random episodes: p = {p:.4f} (the same test). Each brain alone, its {n_examined} episodes "
        f"against those {outcome.guessed.size}: p ≤ {alone:.4f} ({N_SHUFFLES} random permutations). In the last "
        f"{n_examined} episodes of training, while a brain still learned and explored, the pole stood for "
        f"{last.mean():.0f} steps ({last.min():.0f} to {last.max():.0f}). Better than random, but not solved: "
        f"Gymnasium asks for {gymnasium.spec('CartPole-v1').reward_threshold:.0f}.\n"
    )


def notes(outcomes: dict[str, Outcome]) -> list[str]:
    """What the table does not say."""
    digits, matched = outcomes["digits"], outcomes["delayed_match"]
    bandit, reversal = (outcomes[name].summary(LESIONED) for name in ("bandit", "reversal"))
    n_good = int(np.sum(digits.scores(WHOLE) >= DIGITS_BAR))
    half = matched.training[LESIONED].shape[1] // 2
    n_images = digits.training[UNTAUGHT].shape[1]
    n_epochs = digits.training[WHOLE].shape[1] // n_images
    return [
        "p: of the difference between dopamine learning and learning rate 0; exact permutation test of the seeds' "
        "means, two-sided, in which five against five cannot give less than 0.008.\n",
        f"**Digits.** After {n_epochs} epochs of {n_images} images {n_good} of {len(SEEDS)} seeds are right about "
        f"{DIGITS_BAR:.0%} of the held-out images or more. With learning rate 0 and without PFC it was one epoch.\n",
        "**Bandit, reversal.** Curves are shares of trials that were paid, and cannot pass 80 %, for the better arm "
        "pays in 80 % of the trials; in the examination it always does. In the reversal arms change places after 400 "
        "trials.\n",
        "**Learning rate 0.** A brain that does not learn from reward prefers some answer to each light. Lights are "
        "few, so one seed may lie far from chance, to either side. At CartPole preferences are worse than random "
        "actions. What cortex and hippocampus learn without reward goes on.\n",
        "**Without PFC.** The region and its projections are left out of the config. In the delayed match, with as "
        f"many trials, {matched.training[LESIONED][:, half:].mean():.0%} of answers are right in the last half of "
        "training. What needs no memory this lesioned brain does learn, with two lights: a bandit to "
        f"{bandit}, its reversal to {reversal}. In the last panel these stand beside the brains of bandit and "
        "reversal, which are others, see three lights, and have no PFC. In the lesioned brain of digits the "
        "cerebellum hears layer 5 instead.\n",
        f"**CartPole.** {pole(outcomes['cartpole'])}",
    ]


def page(outcomes: dict[str, Outcome]) -> str:
    """The page."""
    return "\n".join(
        [
            "<!-- Written by docs/make_task_curves.py: run `make behaviour`. -->\n",
            "# What whole brains learn by reward\n",
            "The brains of `configs`, trained as these say, then examined without exploration and without reward: "
            f"mean over {len(SEEDS)} seeds (least to most). All that a brain hears of its task is what it earned.\n",
            "| task | examined | chance | learning rate 0 | p | without PFC |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
            *(row(outcome) for outcome in outcomes.values()),
            "\n![Learning curves](tasks.png)\n",
            *notes(outcomes),
            "Experiments: `tests/scenarios`. Reproduce: `make behaviour`. Seeds 1 to 5.\n",
        ]
    )


if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if name != "--redraw"]
    if "--redraw" not in sys.argv[1:]:
        for name in names or LESSONS:
            run(name)
    outcomes = {name: Outcome(name) for name in LESSONS}
    draw(outcomes)
    (FIGURES / "tasks.md").write_text(page(outcomes), encoding="utf-8")
    print((FIGURES / "tasks.md").relative_to(ROOT))
