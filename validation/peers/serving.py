"""NEST's end of the line: ``python -m validation.peers.serving PEER QUESTION.npz REPLY.npz``."""

from __future__ import annotations

import json
import sys
from importlib import import_module

import numpy as np


def main(peer: str, question: str, reply: str) -> None:
    """Let the peer answer the question of ``validation.nest.ask``."""
    with np.load(question) as stored:
        arrays = dict(stored)
    head = json.loads(str(arrays.pop("head")))
    np.savez(reply, **import_module(f"validation.peers.{peer}").answer(head, arrays))


if __name__ == "__main__":
    main(*sys.argv[1:])
