"""``thalia-dask describe``: what a config would build, without building it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thalia_dask.cli.logs import log_options
from thalia_dask.cli.options import cluster_option, config_argument, example, import_option, set_option
from thalia_dask.cli.text import counted, table

if TYPE_CHECKING:
    from thalia_dask.config import ClusterConfig, ThaliaConfig
    from thalia_dask.topology.plan import BrainPlan
    from thalia_dask.topology.summary import BrainSummary


@click.command(
    short_help="Show what a config would build; start nothing.",
    epilog=example("thalia-dask describe configs/digits.yaml --set brain.sizes.cortex_size=512"),
)
@config_argument
@set_option
@import_option
@cluster_option
@click.option("--resolved", is_flag=True, help="Print the whole config instead, defaults included, as YAML.")
@log_options
def describe(
    config: Path,
    overrides: Sequence[str],
    cluster: Path | None,
    resolved: bool,  # noqa: FBT001 (click passes it by name)
) -> None:
    """Show what CONFIG would build: regions, delays, window, memory, placement. Starts nothing.

    With --cluster also how its workers would be started: the script of a job, for example.
    """
    from thalia_dask.cli.bar import start_bar

    bar = start_bar()
    from thalia_dask.cli.execution import check_room, load_placed, planned
    from thalia_dask.topology.memory import check_memory
    from thalia_dask.topology.summary import summarize

    loaded, described = load_placed(config, overrides, cluster)
    plan = planned(loaded)
    if resolved:
        bar.stop()
        no_task = set() if "task" in loaded.model_fields_set else {"task"}  # nobody asked whether it fits the brain
        click.echo(_yaml(loaded.model_dump(by_alias=True, exclude=no_task)), nl=False)
        return
    lines = list(_lines(config, loaded, plan, summarize(plan)))
    bar.stop()
    click.echo("\n".join(lines))
    check_memory(loaded, plan, workers_elsewhere=described is not None)
    if described is not None:
        click.echo(f"\n{_cluster(described, loaded)}")
        check_room(loaded, plan, described)


def _lines(path: Path, config: ThaliaConfig, plan: BrainPlan, summary: BrainSummary) -> Iterator[str]:
    counts = [
        counted(len(summary.regions), "region"),
        counted(len(summary.projections), "projection"),
        counted(summary.n_neurons, "neuron"),
        f"about {counted(summary.n_synapses, 'synapse')} and {_size(summary.memory_bytes)}",
    ]
    yield f"{path}: {', '.join(counts)}; step {summary.dt_ms:g} ms, seed {summary.seed}"
    yield "\nConfig, where it differs from the defaults (--resolved shows all of it):"
    differs = config.model_dump(by_alias=True, exclude_defaults=True)
    yield from ("  " + line for line in _yaml(differs).splitlines()) if differs else ["  nowhere"]
    yield f"\n{_regions(summary)}"
    if summary.projections:
        yield f"\n{_projections(summary)}"
    yield f"\n{_window(config, plan, summary)}"
    yield f"\n{_placement(config, plan)}"


def _regions(summary: BrainSummary) -> str:
    rows = [
        (
            region.name,
            region.kind,
            f"{region.n_neurons:,}",
            f"{region.n_synapses:,}",
            _size(region.memory_bytes),
            region.input_size or "-",
            ", ".join(f"{name} {size}" for name, size in region.populations),
        )
        for region in summary.regions
    ]
    header = ("region", "kind", "neurons", "synapses", "memory", "stimulus", "populations")
    return table(header, rows, right=(2, 3, 4, 5))


def _projections(summary: BrainSummary) -> str:
    rows = [
        (f"{p.source} -> {p.target}", f"{p.n_axons:,}", f"{p.delay_ms:g} ms", "<- sets the window" * p.sets_window)
        for p in summary.projections
    ]
    return table(("projection", "axons", "delay", ""), rows, right=(1, 2))


def _window(config: ThaliaConfig, plan: BrainPlan, summary: BrainSummary) -> str:
    from thalia_dask.engine.windows import window_length
    from thalia_dask.ticks import to_ms, to_steps

    dt_ms, wanted_ms = plan.dt_ms, config.execution.window_ms
    wanted = None if wanted_ms is None else to_steps(wanted_ms, dt_ms, "execution.window_ms")
    steps = window_length(plan.look_ahead_steps, wanted)
    if wanted is not None:
        why = "as execution.window_ms says"
    elif summary.longest_window_ms is None:
        why = "the longest there is, for no projection joins regions"
    else:
        why = "the shortest delay: " + ", ".join(
            f"{p.source} -> {p.target}" for p in summary.projections if p.sets_window
        )
    rate = 1000.0 / (steps * dt_ms)
    length = f"{to_ms(steps, dt_ms):g} ms, {counted(steps, 'step')}"
    return f"window: {length}, {rate:.0f} windows a simulated second; {why}"


def _placement(config: ThaliaConfig, plan: BrainPlan) -> str:
    from thalia_dask.cli.execution import planned_homes
    from thalia_dask.distributed.placement import local_shape
    from thalia_dask.performance.costs import step_costs

    n_workers, n_threads = local_shape(
        config.execution.n_workers, config.execution.threads_per_worker, len(plan.regions)
    )
    costs, homes = step_costs(plan), planned_homes(config, plan)
    total = sum(costs.values())
    rows = []
    for worker in sorted(set(homes.values()), key=lambda name: int(name.split()[1])):
        regions = [region for region, home in homes.items() if home == worker]
        load = sum(costs[region] for region in regions)
        rows.append((f"  {worker}", f"{load / total:.0%}", ", ".join(regions)))
    threads = counted(n_threads, "thread")
    where = f"{counted(n_workers, 'Dask worker')} of {threads}"
    if config.brain.parallel == "auto":
        where = f"chosen when the brain is built and this machine measured; if that is Dask, on {where}"
    elif not config.brain.parallel:
        where = f"none, all regions in one process; with brain.parallel=true, on {where}"
    return f"placement: {where}\n{table(('  worker', 'load', 'regions'), rows, right=(1,))}"


def _cluster(cluster: ClusterConfig, config: ThaliaConfig) -> str:
    from thalia_dask.config.clusters import QueuedClusterConfig, SshClusterConfig
    from thalia_dask.distributed.described.queued import job_script

    if isinstance(cluster, QueuedClusterConfig):
        script = job_script(cluster, config.execution.start_timeout_s)
        return f"cluster: {counted(cluster.n_workers, 'job')} with this script, one for each worker\n\n{script}"
    n_workers, _ = cluster.shape
    if isinstance(cluster, SshClusterConfig):
        hosts, first = ", ".join(cluster.hosts), cluster.hosts[0]
        return f"cluster: {counted(len(cluster.hosts), 'worker')} by ssh, on {hosts}; the scheduler on {first}"
    if n_workers is None:
        return (
            f"cluster: {cluster.kind}, which has as many workers as there are when it starts, so that regions may be "
            "placed otherwise"
        )
    return f"cluster: {cluster.kind}, {counted(n_workers, 'worker')}"


def _yaml(values: dict[str, Any]) -> str:
    import yaml

    text: str = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=110)
    return text


def _size(n_bytes: int) -> str:
    size = float(n_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.3g} {unit}" if unit != "B" else f"{n_bytes} B"
        size /= 1024
    return f"{size:.3g} TiB"
