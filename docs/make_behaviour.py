"""Draw the figures of docs/explanation/behaviour, over five seeds, and print the numbers that its pages quote.

The experiments are those of ``tests/behaviour``. Run it as ``python docs/make_behaviour.py [REGION ...]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.behaviour import cortex, hippocampus, loop, prefrontal, thalamus  # noqa: E402
from tests.behaviour.hippocampus import Memory  # noqa: E402
from tests.behaviour.spectrum import peak_hz  # noqa: E402
from thalia_dask.plots.palette import FAINT, GRID, INK, PALETTE  # noqa: E402
from thalia_dask.plots.style import WIDTH_INCHES  # noqa: E402

FOLDER = ROOT / "docs" / "explanation" / "behaviour"
SEEDS = (1, 2, 3, 4, 5)
BLUE, RED, GREEN = PALETTE[:3]


def panels(n: int, height: float = 3.2) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(WIDTH_INCHES, height), facecolor="white", layout="constrained")
    axes = list(figure.subplots(1, n, squeeze=False)[0])
    for panel in axes:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(colors=FAINT, labelcolor=INK, labelsize=9)
    return figure, axes


def save(figure: Figure, name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    figure.savefig(FOLDER / f"{name}.png", dpi=150)
    print(FOLDER.relative_to(ROOT) / f"{name}.png")


def summary(what: str, values: object) -> None:
    over = np.asarray(values, float)
    print(f"  {what}: {over.mean():.2f} ({over.min():.2f} to {over.max():.2f})")


def points(panel: Axes, at: int, values: list[float], colour: str) -> None:
    """One point for each seed, and their mean."""
    panel.plot([at] * len(values), values, "o", color=colour, markersize=4, alpha=0.6)
    panel.plot([at - 0.25, at + 0.25], [np.mean(values)] * 2, color=colour, linewidth=2)


def draw_separation(panel: Axes) -> None:
    similarities = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)
    curves = np.array([hippocampus.separation(seed, similarities) for seed in SEEDS])
    panel.plot([0, 1], [0, 1], "--", color=FAINT, linewidth=1)
    for curve in curves:
        panel.plot(*curve.T, color=BLUE, alpha=0.3, linewidth=1)
    panel.plot(*curves.mean(0).T, "o-", color=BLUE)
    panel.set(xlabel="correlation of patterns", ylabel="correlation of granule cells", title="DG separates")
    for column, similarity in enumerate(similarities):
        summary(f"granule cells at similarity {similarity}", curves[:, column, 1])


def draw_completion(panel: Axes, memories: list[Memory], controls: dict[str, list[Memory]]) -> None:
    def completion(memory: Memory) -> float:
        return float(np.diag(memory.recall()).mean())

    def others(memory: Memory) -> float:
        alike = memory.recall()
        return float(alike[~np.eye(len(alike), dtype=bool)].mean())

    rows = {
        "half of\na pattern": [completion(m) for m in memories],
        "other\npatterns": [others(m) for m in memories],
        "encoding\nphase": [float(np.diag(m.recall(phase="encoded")).mean()) for m in memories],
        **{name: [completion(m) for m in some] for name, some in controls.items()},
    }
    for at, (name, values) in enumerate(rows.items()):
        points(panel, at, values, BLUE if at == 0 else FAINT)
        summary(f"completion, {name!r}", values)
    panel.axhline(0.8, color=GRID, linewidth=1)
    panel.set_xticks(range(len(rows)), list(rows), fontsize=8)
    panel.set(ylabel="correlation with stored response", title="CA3 completes", ylim=(-0.1, 1))


def draw_mismatch(panel: Axes, memories: list[Memory], amnesic: list[Memory]) -> None:
    for shift, some, colour, label in ((0, memories, BLUE, "learned"), (2, amnesic, FAINT, "no learning")):
        pairs = [m.violations() for m in some]
        for at, name in enumerate(("as stored", "half new")):
            values = [float(np.mean([seen.n_unpredicted for seen in pair[at]])) for pair in pairs]
            points(panel, shift + at, values, colour)
            summary(f"unpredicted CA1 cells, {label}, {name}", values)
    panel.set_xticks(
        range(4), ["as\nstored", "half\nnew", "no learning,\nas shown", "no learning,\nhalf new"], fontsize=8
    )
    panel.set(ylabel="CA1 cells not predicted", title="CA1 signals mismatch", ylim=(0, None))


def draw_replay(panel: Axes, memories: list[Memory], amnesic: list[Memory]) -> None:
    for some, colour, label in ((memories, BLUE, "learned"), (amnesic, FAINT, "no learning")):
        events = [[alike for _, alike in m.replay()] for m in some]
        summary(f"replay, {label}", [np.mean(one) for one in events])
        summary(f"bursts in 3 s, {label}", [len(one) for one in events])
        panel.hist(np.concatenate(events), np.linspace(-0.1, 0.8, 19), color=colour, alpha=0.7, label=label)
    summary("patterns replayed", [len({number for number, _ in m.replay()}) for m in memories])
    panel.legend(frameon=False, fontsize=8)
    panel.set(xlabel="correlation with nearest memory", ylabel="bursts", title="CA3 replays at rest")


def draw_hippocampus() -> None:
    memories = [Memory(seed) for seed in SEEDS]
    amnesic = [Memory(seed, hebbian_rate=0.0) for seed in SEEDS]
    no_theta = {"theta_dg_mv": 0.0, "theta_ca3_mv": 0.0, "theta_ca1_mv": 0.0}
    undriven = [Memory(seed, **no_theta) for seed in SEEDS]
    figure, (first, second) = panels(2)
    draw_separation(first)
    draw_completion(second, memories, {"no theta\ndrive": undriven, "no\nlearning": amnesic})
    save(figure, "hippocampus_memory")
    figure, (first, second) = panels(2)
    draw_mismatch(first, memories, amnesic)
    draw_replay(second, memories, amnesic)
    save(figure, "hippocampus_signals")
    for population in ("dg", "ca3", "ca1"):
        peaks = [peak_hz(hippocampus.many_patterns(seed)[population]) for seed in SEEDS]
        summary(f"spectral peak of {population} (Hz)", peaks)


def draw_prefrontal() -> None:
    rows = {
        "dopamine": [prefrontal.trial(seed) for seed in SEEDS],
        "no dopamine": [prefrontal.trial(seed, dopamine=(0.0, 0.0)) for seed in SEEDS],
        "no recurrence": [prefrontal.trial(seed, stripe_mv=0.0) for seed in SEEDS],
    }
    figure, axes = panels(3)
    for panel, (name, trials) in zip(axes, rows.items(), strict=True):
        one = trials[0]
        spikes = np.concatenate([one.cue, one.delay, one.second, one.after])
        steps, cells = np.nonzero(spikes)
        cue_ms = prefrontal.CUE_MS
        for start in (0, cue_ms + prefrontal.DELAY_MS):
            panel.axvspan(start, start + cue_ms, color=GRID)
        panel.plot(steps, cells, "|", color=INK, markersize=2, markeredgewidth=0.5)
        panel.set(title=name, xlabel="time (ms)", ylim=(-1, spikes.shape[1]), xlim=(0, len(spikes)))
        for what in ("held_hz", "memory", "resistance"):
            summary(f"prefrontal, {name}, {what}", [getattr(t, what) for t in trials])
    axes[0].set_ylabel("pyramidal cell")
    other = [prefrontal.trial(seed, order=(1, 0)) for seed in SEEDS]
    last = prefrontal.LAST
    likeness = [prefrontal.likeness(o.cue, t.after[last]) for o, t in zip(other, rows["dopamine"], strict=True)]
    before = [prefrontal.likeness(o.cue, t.delay[last]) for o, t in zip(other, rows["dopamine"], strict=True)]
    summary("like the distractor, before it", before)
    summary("like the distractor, after it", likeness)
    save(figure, "prefrontal")


LAYER_NAMES = {"l4": "L4", "l23": "L2/3", "l5": "L5", "l6": "L6"}


def draw_cortex() -> None:
    figure, axes = panels(3)
    for panel, title, params in (
        (axes[0], "input to all layers", {}),
        (axes[1], "no direct input to layer 5", {"feedforward_deep_mv": 0.0}),
    ):
        runs = [cortex.onset(seed, **params) for seed in SEEDS]
        for colour, layer in zip(PALETTE, cortex.LAYERS, strict=False):
            panel.plot(np.mean([run[layer] for run in runs], 0), color=colour, label=LAYER_NAMES[layer])
            summary(f"latency of {layer}, {title} (ms)", [cortex.latency_ms(run[layer]) for run in runs])
        panel.set(title=title, xlabel="time after the input (ms)")
    axes[0].set_ylabel("rate (Hz)")
    axes[0].legend(frameon=False, fontsize=8)
    for shift, colour, label, params in ((-0.1, BLUE, "inhibition", {}), (0.1, RED, "none", {"inhibition_mv": 0.0})):
        runs = [cortex.density(seed, **params) for seed in SEEDS]
        for at, layer in enumerate(cortex.LAYERS):
            values = [run[layer] for run in runs]
            axes[2].plot(
                [at + shift] * len(values), values, "o", color=colour, markersize=4, label=label if not at else None
            )
            summary(f"density of {layer}, {label}", values)
    axes[2].set_xticks(range(4), [LAYER_NAMES[layer] for layer in cortex.LAYERS])
    axes[2].set(title="inhibition makes sparse", ylabel="<r>² / <r²>")
    axes[2].legend(frameon=False, fontsize=8)
    save(figure, "cortex")
    draw_cortical_learning()


def draw_cortical_learning() -> None:
    figure, (preferring, tuned, looped) = panels(3)
    for at, (name, params) in enumerate({"STDP": {}, "no learning": {"stdp_rate": 0.0}}.items()):
        colour = FAINT if at else BLUE
        for panel, what, values in (
            (preferring, "preference", [cortex.preference(seed, **params) for seed in SEEDS]),
            (tuned, "tuning", [cortex.Apprentice(seed, **params).tuning() for seed in SEEDS]),
        ):
            points(panel, at, values, colour)
            summary(f"{what} of L2/3, {name}", values)
    for panel, title, label in (
        (preferring, "L2/3 prefers the familiar", "(familiar - novel) / (familiar + novel)"),
        (tuned, "cells of L2/3 are tuned", "(best - others) / (best + others)"),
    ):
        panel.set_xticks(range(2), ["STDP", "no learning"], fontsize=8)
        panel.set(title=title, xlim=(-0.6, 1.6))
        panel.set_ylabel(label, fontsize=8)
    preferring.axhline(0, color=GRID, linewidth=1)
    for at, closed in enumerate((True, False)):
        runs = [loop.rates(seed, closed=closed) for seed in SEEDS]
        points(looped, at, [run["reticular"] for run in runs], FAINT if at else BLUE)
        for cells in runs[0]:
            summary(f"{cells}, loop {'closed' if closed else 'open'} (Hz)", [run[cells] for run in runs])
    looped.set_xticks(range(2), ["L6 to thalamus", "cut"], fontsize=8)
    looped.set(title="L6 drives reticular cells", ylabel="rate (Hz)", ylim=(0, None), xlim=(-0.6, 1.6))
    for gamma_mv in (3.0, 0.0):
        summary(f"peak of L4, gamma {gamma_mv} (Hz)", [cortex.rhythm(seed, gamma_mv=gamma_mv) for seed in SEEDS])
    save(figure, "cortex_learning")


def draw_thalamus() -> None:
    figure, (phases, levels, freed) = panels(3)
    for colour, label, params in (
        (BLUE, "reticular nucleus", {}),
        (RED, "lesioned", thalamus.LESIONED),
        (FAINT, "no alpha", {"alpha_mv": 0.0}),
    ):
        runs = [thalamus.by_alpha_phase(seed, **params) for seed in SEEDS]
        phases.plot(np.mean(runs, 0).reshape(20, 5).mean(1).repeat(5), color=colour, label=label)
        summary(f"depth of the alpha cycle, {label}", [thalamus.depth(run) for run in runs])
    phases.legend(frameon=False, fontsize=8, loc="upper center")
    phases.set(title="alpha gates", xlabel="time in the cycle (ms)", ylabel="rate of relay cells (Hz)", ylim=(0, 32))
    for colour, label, params in ((BLUE, "", {}), (RED, ", lesioned", thalamus.LESIONED)):
        for amount in (0.0, 1.0, 2.0, 3.0):
            rates = [thalamus.transmitted(seed, amount, **params) for seed in SEEDS]
            levels.plot([amount] * len(rates), rates, "o", color=colour, markersize=4, alpha=0.6)
            summary(f"relayed with noradrenaline {amount}{label} (Hz)", rates)
    levels.set(title="noradrenaline opens", xlabel="noradrenaline released", ylim=(0, None))
    freed.axvspan(-thalamus.HELD_MS, 0, color=GRID)
    time = np.arange(-thalamus.HELD_MS, thalamus.HELD_MS)
    for colour, label, params in ((BLUE, "", {}), (RED, ", lesioned", thalamus.LESIONED)):
        runs = [thalamus.release(seed, **params) for seed in SEEDS]
        freed.plot(time, np.mean(runs, 0).reshape(-1, 10).mean(1).repeat(10), color=colour)
        summary(f"held back{label} (Hz)", [thalamus.held_and_free(run)[0] for run in runs])
        summary(f"free{label} (Hz)", [thalamus.held_and_free(run)[1] for run in runs])
    freed.set(title="reticular cells hold back", xlabel="time after cortex falls silent (ms)", ylim=(0, None))
    summary("correlation of relay cells with their axons", [thalamus.relay(seed) for seed in SEEDS])
    save(figure, "thalamus")
    draw_bursts()


def draw_bursts() -> None:
    figure, (raster, rates) = panels(2)
    held_ms, all_ms = thalamus.SILENCED_MS, thalamus.SILENCED_MS + thalamus.HELD_MS
    time = np.arange(-held_ms, thalamus.HELD_MS)
    for colour, label, params in ((BLUE, "threshold rebounds", {}), (RED, "fixed threshold", {"rebound": 0.0})):
        runs = [thalamus.rebound(seed, **params) for seed in SEEDS]
        mean = 1000 * np.mean([run.mean((0, 2)) for run in runs], 0)
        rates.plot(time, mean.reshape(-1, 5).mean(1).repeat(5), color=colour, label=label)
        summary(f"share of cells that burst, {label}", [thalamus.bursts(run) for run in runs])
        summary(
            f"greatest rate after the release, {label} (Hz)",
            [1000 * run.mean((0, 2))[held_ms:].reshape(-1, 10).mean(1).max() for run in runs],
        )
        if not params:
            steps, cells = np.nonzero(runs[0][0])
            raster.plot(steps - held_ms, cells, "|", color=INK, markersize=2, markeredgewidth=0.5)
    for panel in (raster, rates):
        panel.axvspan(-held_ms, 0, color=GRID)
        panel.set(xlabel="time after inhibition ends (ms)", xlim=(-held_ms, all_ms - held_ms))
    raster.set(title="one trial", ylabel="relay cell", ylim=(-1, thalamus.N_RELAY))
    rates.set(title="mean of 20 trials, 5 seeds", ylabel="rate (Hz)", ylim=(-3, None))  # below 0: silence is a line
    rates.legend(frameon=False, fontsize=8)
    save(figure, "thalamus_burst")


DRAWN = {
    "thalamus": draw_thalamus,
    "hippocampus": draw_hippocampus,
    "prefrontal": draw_prefrontal,
    "cortex": draw_cortex,
}

if __name__ == "__main__":
    for region in sys.argv[1:] or DRAWN:
        DRAWN[region]()
