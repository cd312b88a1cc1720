"""Write the pages on learned behaviour and their figures, over several seeds.

Run it as ``python docs/make_learning_figures.py [PAGE ...]``, pages being the keys of ``PAGES``; without names, all.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.behaviour.bandit import P_BEST, Life, config, play  # noqa: E402
from tests.behaviour.conditioning import BIN_MS, CUE, N_PROBES, REWARD, dopamine, eyelid  # noqa: E402
from tests.behaviour.neuromodulators import BASELINE, N_FAMILIAR, NOVELTY_RATE, novelty, uncertainty  # noqa: E402
from thalia_dask.plots.palette import FAINT, PALETTE  # noqa: E402
from thalia_dask.plots.style import new_figure  # noqa: E402
from thalia_dask.tasks.bandit import Bandit  # noqa: E402

FIGURES = ROOT / "docs" / "explanation" / "behaviour"
SEEDS = (1, 2, 3, 4, 5)
REVERSAL = 300
ERRORS_MS = (175, 275)
N_DOPAMINE, N_EYELID = 50, 70

HEAD = "<!-- Written by docs/make_learning_figures.py: run `make behaviour`. -->\n"
FOOT = "Experiments: `tests/behaviour`. Reproduce: `make behaviour`. Seeds 1 to 5.\n"


def bandit_lives(learning_rate: float) -> list[Life]:
    """One life for each seed."""
    lives = []
    for seed in SEEDS:
        arms = Bandit(reversal=REVERSAL)
        lives.append(play(arms, config(arms, seed, learning_rate=learning_rate), 2 * REVERSAL))
    return lives


def curve(panel: Axes, values: NDArray[np.float64], colour: str, name: str, width: int = 30) -> None:
    """Running mean of values (seeds, trials): its mean over seeds, and the range of seeds."""
    kernel = np.ones(width) / width
    smooth = np.array([np.convolve(row, kernel, "valid") for row in values])
    trials = np.arange(width, values.shape[1] + 1)
    panel.fill_between(trials, smooth.min(axis=0), smooth.max(axis=0), color=colour, alpha=0.15, linewidth=0)
    panel.plot(trials, smooth.mean(axis=0), color=colour, label=name)


def striatum() -> str:
    """The two-armed bandit: its page."""
    learning, without = bandit_lives(0.05), bandit_lives(0.0)
    figure, (panel,) = new_figure(
        "Two-armed bandit", f"share of trials with the better arm, running mean of 30; {len(SEEDS)} seeds", [3.0]
    )
    for lives, colour, name in (
        (learning, PALETTE[0], "dopamine learning"),
        (without, PALETTE[1], "learning rate 0"),
    ):
        curve(panel, np.array([life.optimal for life in lives], float), colour, name)
    panel.axvline(REVERSAL, color=FAINT, linestyle=":")
    panel.set_ylim(0, 1.02)
    panel.set_xlabel("Trial")
    panel.legend(loc="lower left", frameon=False)
    figure.savefig(FIGURES / "striatum.png")
    rows = []
    for seed, life, control in zip(SEEDS, learning, without, strict=True):
        before, after = slice(REVERSAL - 100, REVERSAL), slice(2 * REVERSAL - 100, None)
        rows.append(
            f"| {seed} | {life.optimal[before].mean():.0%} | {life.optimal[after].mean():.0%} "
            f"| {life.confidence[after].mean():.2f} | {life.reward[after].mean():.2f} "
            f"| {control.optimal[before].mean():.0%} | {control.optimal[after].mean():.0%} |"
        )
    return "\n".join(
        [
            "# Striatum: a two-armed bandit and its reversal\n",
            f"The better arm pays in {P_BEST:.0%} of the trials, the other in {1 - P_BEST:.0%}; after {REVERSAL} "
            "trials they change places. A thalamus and a striatum see the same light in every trial; 5 % of the "
            "actions are random. Where confidence has settled it is the chance of a reward: the prediction error is "
            "what corrects both.\n",
            "| seed | optimal, trials 201-300 | optimal, trials 501-600 | confidence then | reward then "
            "| without learning, 201-300 | without learning, 501-600 |",
            "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            *rows,
            "\n![Two-armed bandit](striatum.png)\n",
        ]
    )


def dopamine_cells() -> str:
    """Dopamine from reward to cue: its page."""
    errors = np.array([dopamine(seed, N_DOPAMINE, N_DOPAMINE - 1) for seed in SEEDS])
    shown = {
        "trials 1-2": errors[:, :2].mean(axis=1),
        f"trials {N_DOPAMINE - 10}-{N_DOPAMINE - 1}": errors[:, -11:-1].mean(axis=1),
        "reward omitted": errors[:, -1],
    }
    figure, panels = new_figure(
        "Dopamine moves from the reward to the cue", f"prediction error by state; {len(SEEDS)} seeds", [1.4] * 3
    )
    for panel, (name, values) in zip(panels, shown.items(), strict=True):
        panel.bar(np.arange(values.shape[1]), values.mean(axis=0), color=PALETTE[0])
        panel.plot(np.tile(np.arange(values.shape[1]), len(values)), values.ravel(), ".", color=FAINT, markersize=4)
        panel.set_ylim(-1.1, 1.1)
        panel.set_title(name, loc="left", fontsize=10)
        panel.axhline(0, color=FAINT, linewidth=0.7)
    panels[-1].set_xticks([CUE, REWARD], ["cue", "reward"])
    figure.savefig(FIGURES / "dopamine.png")
    rows = [
        f"| {name} | {values[:, CUE].mean():+.2f} ({values[:, CUE].min():+.2f} to {values[:, CUE].max():+.2f}) "
        f"| {values[:, REWARD].mean():+.2f} ({values[:, REWARD].min():+.2f} to {values[:, REWARD].max():+.2f}) |"
        for name, values in shown.items()
    ]
    return "\n".join(
        [
            "# Dopamine: from the reward to the cue\n",
            "A light comes on and wanders for three states of 30 ms, then there is a reward of 1; value is read from "
            "relay cells (`brain.neuromodulation.value_source`). Error at the cue and at the reward, mean over seeds "
            "(least to largest), as in Schultz, Dayan & Montague (1997), Science 275:1593, fig. 1:\n",
            "| | at the cue | at the reward |",
            "| --- | ---: | ---: |",
            *rows,
            "\n![Dopamine](dopamine.png)\n",
        ]
    )


def cerebellum() -> str:
    """Delay conditioning: its page."""
    figure, panels = new_figure(
        "Delay conditioning",
        f"rates in trials without error (Hz), mean of {len(SEEDS)} seeds; dotted: when the error was due",
        [1.8, 1.8],
    )
    rows = []
    conditions = [(f"error after {ms} ms", ms, 0.5) for ms in ERRORS_MS] + [("no depression", ERRORS_MS[1], 0.0)]
    for (name, error_ms, depression), colour in zip(conditions, PALETTE, strict=False):
        rates = [eyelid(seed, N_EYELID, error_ms, depression=depression) for seed in SEEDS]
        for panel, cells in zip(panels, ("purkinje", "nuclei"), strict=True):
            mean = np.mean([rate[cells][-N_PROBES:].mean(axis=0) for rate in rates], axis=0)
            panel.plot((np.arange(len(mean)) + 0.5) * BIN_MS, mean, color=colour, label=name)
            panel.set_ylabel(cells)
            if depression:
                panel.axvline(error_ms, color=colour, linestyle=":", linewidth=1)
        columns = []
        for due_ms in ERRORS_MS:
            due = slice(due_ms // BIN_MS - 3, due_ms // BIN_MS)
            columns += [
                f"{np.mean([rate[cells][-N_PROBES:, due].mean() for rate in rates]):.0f}"
                for cells in ("purkinje", "nuclei")
            ]
        rows.append(f"| {name} | {' | '.join(columns)} |")
    panels[0].legend(frameon=False)
    panels[-1].set_xlabel("Time since the cue began (ms)")
    figure.savefig(FIGURES / "cerebellum.png")
    spans = [f"{ms - 3 * BIN_MS}-{ms} ms" for ms in ERRORS_MS]
    return "\n".join(
        [
            "# Cerebellum: a response at the right time\n",
            "A cue of 350 ms, and while it lasts an error that reaches Purkinje cells by climbing fibres. After "
            f"{N_EYELID - N_PROBES} trials Purkinje cells pause, and the nuclei answer, when the error is due. Rates "
            "in Hz in trials without error. Time comes from mossy paths of different length (up to 400 ms), not from "
            "dynamics of the granular layer.\n",
            f"| | Purkinje, {spans[0]} | nuclei, {spans[0]} | Purkinje, {spans[1]} | nuclei, {spans[1]} |",
            "| --- | ---: | ---: | ---: | ---: |",
            *rows,
            "\n![Delay conditioning](cerebellum.png)\n",
        ]
    )


TEMPERATURES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 100.0)


def neuromodulators() -> str:
    """Acetylcholine by novelty and noradrenaline by uncertainty: their page."""
    levels = np.array([novelty(seed) for seed in SEEDS])
    figure, (new,) = new_figure(
        "Acetylcholine answers to novelty",
        f"level after each presentation, dotted: at rest; {len(SEEDS)} seeds",
        [2.2],
    )
    times = np.arange(levels.shape[1])
    new.bar(times, levels.mean(axis=0), color=[PALETTE[0]] * N_FAMILIAR + [PALETTE[1]])
    new.plot(np.tile(times, len(SEEDS)), levels.ravel(), ".", color=FAINT, markersize=4)
    new.axhline(BASELINE, color=FAINT, linestyle=":")
    new.set_xticks(times, [*(str(time + 1) for time in times[:-1]), "other"])
    new.set_xlabel("Presentation of one pattern")
    figure.savefig(FIGURES / "neuromodulators.png")
    answers = [
        np.array([uncertainty(seed, temperature) for seed in SEEDS]).mean(axis=0) for temperature in TEMPERATURES
    ]
    rows = [f"| {t:g} | {sure:.2f} | {much:.2f} |" for t, (sure, much) in zip(TEMPERATURES, answers, strict=True)]
    first, familiar, other = levels[:, 0], levels[:, N_FAMILIAR - 3 : N_FAMILIAR].mean(axis=1), levels[:, -1]
    return "\n".join(
        [
            "# Acetylcholine and noradrenaline: novelty and uncertainty\n",
            "**Novelty.** A pattern of 5 of 10 axons is shown eight times, then the pattern of the other 5, each "
            "after rest (`brain.neuromodulation`: `novelty_source: thalamus.relay, novelty_rate: "
            f"{NOVELTY_RATE:g}`). The level of acetylcholine is {BASELINE:g} at rest and 1 where all is new: "
            f"{_over(first)} after the first presentation, {_over(familiar)} after 6 to 8, {_over(other)} after the "
            "other pattern: Hasselmo (2006), Curr. Opin. Neurobiol. 16:710. It opens the learning of CA3.\n",
            "![Novelty](neuromodulators.png)\n",
            "**Uncertainty.** Three actions; the higher the temperature of the votes, the less sure is the choice, "
            "and the more noradrenaline it releases (`brain.neuromodulation.uncertainty: 0.5`): Yu & Dayan (2005), "
            "Neuron 46:681.\n",
            "| vote temperature | confidence | noradrenaline released |",
            "| ---: | ---: | ---: |",
            *rows,
            "\nDopamine has [a page of its own](dopamine.md).\n",
        ]
    )


def _over(values: NDArray[np.float64]) -> str:
    return f"{values.mean():.2f} ({values.min():.2f} to {values.max():.2f})"


PAGES = {
    "striatum": striatum,
    "dopamine": dopamine_cells,
    "neuromodulators": neuromodulators,
    "cerebellum": cerebellum,
}

if __name__ == "__main__":
    FIGURES.mkdir(exist_ok=True)
    for name in sys.argv[1:] or PAGES:
        page = FIGURES / f"{name}.md"
        page.write_text("\n".join([HEAD, PAGES[name](), FOOT]), encoding="utf-8")
        print(page.relative_to(ROOT))
