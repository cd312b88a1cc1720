"""What things take on a machine: the constants that every prediction is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Machine:
    """Seconds for one of each.

    Attributes
    ----------
    window_seconds : the Python around one region and window; holds the interpreter lock, as do signals.
    signal_step_seconds : a rhythm's or neuromodulator's value in one step, in one region.
    step_seconds, neuron_step_seconds, background_step_seconds : the kernel, for each step; for each neuron, and for
        the background input of each neuron that has one.
    reload_neuron_seconds : bring a neuron, and what it needs of its synapses, back into the cache.
    synaptic_event_seconds, plastic_event_seconds : a spike at one synapse; the addition where it learns, for a spike
        of its axon and one of its cell.
    orchestrator_window_seconds, orchestrator_region_seconds : batch, reschedule and record a window in the
        orchestrator: once, and for each region.
    projection_seconds : carry what a region emitted in a window along one projection, wherever that is done.
    stimulus_axon_seconds : whether one axon of a stimulus fires in a step, in the orchestrator.
    task_seconds : hand a window to a thread of a worker and take it back.
    handover_seconds : the interpreter lock, from one thread to another that waits for it.
    send_seconds, receive_seconds, latency_seconds : a message between workers: Python that sends and that receives
        it, and the rest of its way.
    call_seconds : an order to two workers and their reports, without the work; see :meth:`order_seconds`.
    report_spike_seconds : a spike in a report, from the worker into the orchestrator.
    """

    window_seconds: float
    signal_step_seconds: float
    step_seconds: float
    neuron_step_seconds: float
    background_step_seconds: float
    reload_neuron_seconds: float
    synaptic_event_seconds: float
    plastic_event_seconds: float
    orchestrator_window_seconds: float
    orchestrator_region_seconds: float
    projection_seconds: float
    stimulus_axon_seconds: float
    task_seconds: float
    handover_seconds: float
    send_seconds: float
    receive_seconds: float
    latency_seconds: float
    call_seconds: float
    report_spike_seconds: float

    def order_seconds(self, n_workers: int) -> float:
        """An order to all workers and their reports, without the work."""
        return self.call_seconds * (_ORDER + _ORDER_OF_A_WORKER * n_workers)

    def with_python_as_fast_as(self, window_seconds: float) -> Machine:
        """All that is Python, scaled so that a window takes this long."""
        return self._scaled(_PYTHON, window_seconds / self.window_seconds)

    def with_carrying(self, factor: float) -> Machine:
        """What carries spikes for each window, taking so many times as long."""
        return self._scaled(_CARRYING, factor)

    def with_messages(self, factor: float) -> Machine:
        """A message, taking so many times as long."""
        return self._scaled(_MESSAGE, factor)

    def with_free_exchange(self) -> Machine:
        """What takes spikes from region to region, taking no time."""
        return self._scaled((*_CARRYING, *_MESSAGE, *_WORKERS), 0.0)

    def _scaled(self, names: Sequence[str], factor: float) -> Machine:
        return replace(self, **{name: getattr(self, name) * factor for name in names})


_ORDER, _ORDER_OF_A_WORKER = 0.6, 0.2
"""Parts of an order to two workers: once, and for each worker. An order took the orchestrator 0.9 ms of processor
time with two workers, 2.2 with 8 and 2.7 with 12 (sixteen empty regions, orchestrated exchange)."""

_MESSAGE = ("send_seconds", "receive_seconds", "latency_seconds")
_CARRYING = ("orchestrator_window_seconds", "orchestrator_region_seconds", "projection_seconds", "task_seconds")
_WORKERS = ("handover_seconds", "call_seconds", "report_spike_seconds")
_PYTHON = ("window_seconds", *_CARRYING, *_MESSAGE, *_WORKERS)

REFERENCE = Machine(
    window_seconds=11.5e-6,
    signal_step_seconds=0.4e-6,
    step_seconds=0.4e-6,
    neuron_step_seconds=8e-9,
    background_step_seconds=6e-9,
    reload_neuron_seconds=45e-9,
    synaptic_event_seconds=2.4e-9,
    plastic_event_seconds=3.3e-9,
    orchestrator_window_seconds=7.5e-6,
    orchestrator_region_seconds=5.7e-6,
    projection_seconds=0.7e-6,
    stimulus_axon_seconds=4e-9,
    task_seconds=7e-6,
    handover_seconds=40e-6,
    send_seconds=45e-6,
    receive_seconds=45e-6,
    latency_seconds=90e-6,
    call_seconds=1.6e-3,
    report_spike_seconds=16e-9,
)
"""A machine with two cores (2.5 GHz, virtual). What comes before ``orchestrator_window_seconds`` is what
``calibration`` measures, but for ``reload_neuron_seconds``: a region that runs alone stays in the cache. It was read
from cortices of 1000 to 4000 neurons, in turns, in long and in short stretches. The rest was read from
``brain.performance`` of rings of 2 and 8 minute regions, sequential and on two local workers;
``tests/performance/against_dask.py --messages`` measures it anew. It needs workers, which take seconds to start, so
calibration scales it by the speed of Python instead. ``report_spike_seconds`` is of two cortices of 2000, which emit
500 spikes a step, and of sixteen small regions, which emit 200. ``handover_seconds`` is what makes forecasts of two
threads right: without it sixteen small regions were promised 1.3, and ran 0.8 times as fast. What messages take makes
the forecast of a ring of two minute regions come true, see ``brain.message_costs``."""
