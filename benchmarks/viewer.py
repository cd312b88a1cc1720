"""``python -m benchmarks.viewer URL``: looks at a live page as a browser does, and draws nothing."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from urllib.request import urlopen

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect


async def look(url: str) -> None:
    """Take what the page sends, until it goes; says when it is open."""
    token = re.search(r'"token":"([^"]+)"', urlopen(url).read().decode())[1]  # noqa: S310 (it is the live page's)
    request = HTTPRequest(url.replace("http", "ws", 1) + "/ws")
    socket = await websocket_connect(request, subprotocols=["bokeh", token], max_message_size=2**27)
    print("open", flush=True)
    while await socket.read_message() is not None:
        pass


if __name__ == "__main__":
    os.nice(19)
    asyncio.run(look(sys.argv[1]))
