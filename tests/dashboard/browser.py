"""A real Chromium without a window, spoken to by the DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tornado.websocket import websocket_connect

SIZE = (1280, 800)
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--remote-debugging-port=0",
    f"--window-size={SIZE[0]},{SIZE[1]}",
)


def find_chromium() -> str | None:
    """The browser's program, under one of the names that distributions give it."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)


class Tab:
    """One page in the browser.

    Attributes
    ----------
    complaints : errors and warnings that the page wrote to the console, exceptions, and requests that failed.
    """

    def __init__(self, runner: asyncio.Runner, address: str) -> None:
        self.complaints: list[str] = []
        self._runner = runner
        self._number = 0
        self._socket = runner.run(_connect(address))
        for domain in ("Runtime", "Log", "Page", "Network"):
            self._ask(f"{domain}.enable")
        width, height = SIZE
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def go(self, url: str) -> None:
        """Open a page; it loads after that."""
        self._ask("Page.navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        answer = self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, condition: str, timeout_s: float = 30.0) -> None:
        """Wait until a JavaScript expression is true."""
        deadline = self._runner.get_loop().time() + timeout_s
        while not self.evaluate(condition):
            assert self._runner.get_loop().time() < deadline, f"not true within {timeout_s:g} s: {condition}"
            self._runner.run(asyncio.sleep(0.1))

    def screenshot(self, path: Path) -> None:
        """Write what is seen as PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
        self._runner.run(self._hung_up())

    async def _hung_up(self) -> None:
        while await self._socket.read_message() is not None:
            pass

    def _ask(self, method: str, **params: object) -> dict[str, Any]:
        self._number += 1
        return self._runner.run(self._exchange(self._number, method, params))

    async def _exchange(self, number: int, method: str, params: dict[str, object]) -> dict[str, Any]:
        await self._socket.write_message(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(await self._socket.read_message())
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self._hear(message.get("method"), message.get("params", {}))

    def _hear(self, event: str | None, told: dict[str, Any]) -> None:
        if event == "Runtime.exceptionThrown":
            self.complaints.append(str(told["exceptionDetails"]))
        elif event == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            self.complaints.append(" ".join(str(value.get("value", value)) for value in told["args"]))
        elif event == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        elif event == "Network.responseReceived" and told["response"]["status"] >= 400:
            self.complaints.append(f"{told['response']['status']} {told['response']['url']}")


@contextmanager
def chromium(profile: Path) -> Iterator[Tab]:
    """A browser with one empty tab; ``profile`` is a folder of its own."""
    process = subprocess.Popen(
        [str(find_chromium()), *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with asyncio.Runner() as runner:
            tab = Tab(runner, _page_address(process))
            try:
                yield tab
            finally:
                tab.close()
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _page_address(process: subprocess.Popen[str]) -> str:
    for line in process.stderr:
        if found := re.search(r"DevTools listening on ws://([^/]+)/", line):
            with urlopen(f"http://{found[1]}/json/list") as answer:
                return next(tab for tab in json.load(answer) if tab["type"] == "page")["webSocketDebuggerUrl"]
    raise AssertionError("the browser ended before it was ready")


async def _connect(address: str) -> Any:
    return await websocket_connect(address, max_message_size=2**26)
