"""A page of our own in the dashboard of a scheduler, wherever that runs, for as long as somebody needs it."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from importlib.metadata import version
from itertools import chain, count
from time import thread_time
from typing import Any
from uuid import uuid4

from distributed import Client
from distributed.diagnostics.plugin import SchedulerPlugin
from distributed.scheduler import Scheduler
from tornado.ioloop import IOLoop

from thalia_dask.distributed.dashboard_link import dashboard_link
from thalia_dask.engine.page import Page, Screen
from thalia_dask.errors import ClusterError

_PATH, _ANOTHER_PATH = "/thalia", "/thalia-{}"
_PATIENCE_S = 2.0
_SENDING = 2.0
"""To bring a frame here and what was drawn to a browser takes about as much time again (1.0 ms; to draw took 1.1)."""


class LivePage(Page):
    """A page of the dashboard, seen from the process that has something to show.

    Attributes
    ----------
    link : its address.
    n_open : how many people look at it; the scheduler tells when that changes.
    seconds_per_frame : what drawing and sending the last one took, of a processor, to all who look.

    Raises
    ------
    ClusterError : if the scheduler cannot show it.
    """

    def __init__(self, client: Client, screen: Screen) -> None:
        self.n_open = 0
        self.seconds_per_frame = 0.0
        self._client = client
        self._name = f"thalia-page-{uuid4().hex[:8]}"
        self._sending: Future[None] | None = None
        self._waiting: object = None
        _check_version(client)
        client.register_plugin(_Mount(self._name, client.id, screen), name=self._name)
        place = client.sync(self._ask, "mount")
        if place is None:
            client.sync(self._ask, "unmount")
            raise ClusterError(
                "the scheduler runs without a dashboard, so there is no place for the live page; start it with one "
                "(Bokeh must be installed there), or set execution.dashboard to false"
            )
        host, path = place
        self.link = dashboard_link(client, host).rsplit("/", 1)[0] + path
        self._listening = self._start(self._listen())

    def send(self, frame: object) -> None:
        """Show a frame; where another one is still on its way it waits, and takes the place of any that waits."""
        self._waiting = frame
        if self._sending is None or self._sending.done():
            self._sending = self._start(self._send())

    def close(self) -> None:
        """Remove the page, after the last frame has arrived. May be called more than once."""
        if self._client.status != "running":  # the scheduler removes the page of a client that is gone
            return
        wait([future for future in (self._sending,) if future is not None], timeout=_PATIENCE_S)
        with suppress(OSError):
            self._client.sync(self._send, callback_timeout=_PATIENCE_S)
            self._client.sync(self._ask, "unmount", callback_timeout=_PATIENCE_S)
        self._listening.cancel()

    async def _ask(self, question: str, **arguments: object) -> Any:
        return await getattr(self._client.scheduler, self._name)(question=question, **arguments)

    async def _send(self) -> None:
        with suppress(OSError):  # a lost scheduler is told of by whatever cannot do without it
            while self._waiting is not None:
                frame, self._waiting = pickle.dumps(self._waiting), None
                self.seconds_per_frame = await self._ask("show", frame=frame)

    async def _listen(self) -> None:
        """Ask how many look; the scheduler answers when that is no longer what is known here."""
        with suppress(OSError):
            while (n_open := await self._ask("count", known=self.n_open)) is not None:
                self.n_open = n_open
        self.n_open = 0

    def _start(self, work: Any) -> Future[None]:
        loop: asyncio.AbstractEventLoop = self._client.loop.asyncio_loop  # type: ignore[union-attr]
        return asyncio.run_coroutine_threadsafe(work, loop)


def _check_version(client: Client) -> None:
    """Refuse a scheduler that could not draw what this version of the package shows.

    Raises
    ------
    ClusterError : if it lacks the package, or has another version.
    """
    here = version("thalia_dask")
    try:
        there = client.run_on_scheduler(version, "thalia_dask")
    except ModuleNotFoundError:
        there = None
    if there != here:
        raise ClusterError(
            f"the scheduler has {f'thalia_dask {there}' if there else 'no thalia_dask'}, so it cannot draw the live "
            f"page; install thalia_dask=={here} where it runs, or set execution.dashboard to false"
        )


class _Mount(SchedulerPlugin):
    """The page, seen from the scheduler. It goes when it is told to, or when the client that asked for it is gone."""

    def __init__(self, name: str, client_id: str, screen: Screen) -> None:
        self.name = name
        self._client_id = client_id
        self._screen = screen

    async def start(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._shows: dict[Any, Callable[[], None]] = {}
        self._changed = asyncio.Event()
        self._application: Any = None
        self._seconds_per_frame = 0.0
        scheduler.handlers[self.name] = self._answer

    def _mount(self) -> tuple[str, str] | None:
        """Open the page; gives the host that the dashboard listens at, and a path; None where there is none."""
        from distributed.dashboard.core import BokehApplication
        from distributed.dashboard.scheduler import template_variables

        scheduler = self._scheduler
        site = scheduler.http_application
        dashboards = [app for app in site.applications if hasattr(app, "app_paths")]  # Bokeh's
        if not dashboards:
            return None
        taken = {path for app in dashboards for path in app.app_paths}
        self._path = next(path for path in chain([_PATH], map(_ANOTHER_PATH.format, count(2))) if path not in taken)
        self._menu = template_variables(scheduler)["pages"]
        self._menu.append(self._path.strip("/"))
        self._application = BokehApplication(
            {self._path: self._open}, scheduler, dashboards[0].prefix, template_variables(scheduler)
        )
        site.add_application(self._application)
        self._application.initialize(IOLoop.current())
        self._application.start()
        return scheduler.http_server.address, self._path  # type: ignore[attr-defined]  # Dask's own

    def remove_client(self, scheduler: Scheduler, client: str) -> None:  # noqa: ARG002
        if client == self._client_id:
            self._unmount()

    async def _answer(self, question: str, frame: bytes = b"", known: int = 0) -> object:
        if question == "mount":
            return self._mount()
        if question == "count":
            return await self._count(known)
        if question == "show":
            return await self._show(frame)
        self._unmount()
        return None

    async def _count(self, known: int) -> int | None:
        """How many have the page open, as soon as that is not ``known``; None when the page is gone."""
        while self._application is not None and len(self._shows) == known:
            self._changed.clear()
            await self._changed.wait()
        return None if self._application is None else len(self._shows)

    async def _show(self, frame: bytes) -> float:
        """Show a frame to all; returns, when it has been sent to them, what that cost."""
        self._screen.add(pickle.loads(frame))  # noqa: S301 (it comes from the client, which may run anything here)
        sent = [
            asyncio.create_task(document.session_context.with_locked_document(self._refresh))
            for document in self._shows
        ]
        if sent:
            await asyncio.wait(sent, timeout=_PATIENCE_S / 2)  # a browser may be gone, or stopped
        return _SENDING * self._seconds_per_frame * len(sent)

    async def _refresh(self, document: Any) -> None:
        began = thread_time()
        if document in self._shows:
            self._shows[document]()
        self._seconds_per_frame = thread_time() - began

    def _open(self, _scheduler: Scheduler, extra: dict[str, Any], document: Any) -> None:
        from distributed.dashboard.components.scheduler import BOKEH_THEME, env

        document.title = "Thalia"
        document.template = env.get_template("simple.html")
        document.template_variables.update(extra)
        document.theme = BOKEH_THEME
        self._shows[document] = self._screen.draw(document)
        document.on_session_destroyed(lambda _context: self._leave(document))
        self._changed.set()

    def _leave(self, document: Any) -> None:
        self._shows.pop(document, None)
        self._changed.set()

    def _unmount(self) -> None:
        if self._application is not None:
            self._menu.remove(self._path.strip("/"))
            self._scheduler.http_application.applications.remove(self._application)
            self._application.stop()
            self._application = None
        self._changed.set()
        self._scheduler.handlers.pop(self.name, None)
        self._scheduler.plugins.pop(self.name, None)
