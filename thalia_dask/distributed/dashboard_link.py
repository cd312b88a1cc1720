"""Where people find the dashboard of a scheduler."""

from __future__ import annotations

from distributed import Client
from distributed.comm.addressing import get_address_host
from distributed.utils import format_dashboard_link

_EVERY_INTERFACE = ("", "0.0.0.0", "::")  # noqa: S104 (nothing is bound here)


def dashboard_link(client: Client, host: str) -> str:
    """The address of the dashboard that listens at ``host``.

    Dask itself names the host of the scheduler, where a dashboard on the loopback interface does not answer.
    """
    if host in _EVERY_INTERFACE:
        return str(client.dashboard_link)
    port = client.scheduler_info(n_workers=0)["services"]["dashboard"]
    return str(format_dashboard_link(f"[{host}]" if ":" in host else host, port))


def scheduler_host(client: Client) -> str:
    """The machine on which the scheduler runs, as its workers know it."""
    return str(get_address_host(client.scheduler_info(n_workers=0)["address"]))
