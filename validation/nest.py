"""NEST in a process and an environment of its own: a question goes in as a file, the answer comes back as one."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peer import PYTHON, ROOT, PeerError, check_installed

Arrays = dict[str, NDArray[Any]]


def ask(peer: str, head: Mapping[str, object], **arrays: NDArray[Any]) -> Arrays:
    """What ``validation/peers/PEER.py`` answers.

    Parameters
    ----------
    peer : name of the module; its ``answer(head, arrays)`` is called.
    head : numbers, texts, lists and dictionaries of them.

    Raises
    ------
    PeerError : if NEST is not installed, or fails.
    """
    check_installed()
    with tempfile.TemporaryDirectory(prefix="validation-") as folder:
        question, reply = Path(folder) / "question.npz", Path(folder) / "reply.npz"
        np.savez(question, head=json.dumps(head), **arrays)
        process = subprocess.run(
            [str(PYTHON), "-m", "validation.peers.serving", peer, str(question), str(reply)],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )
        if process.returncode:
            said = [text.strip() for text in process.stderr.splitlines() if text.strip()]
            raise PeerError(f"NEST ended: {(said or ['it said nothing'])[-1]}")
        with np.load(reply) as stored:
            return dict(stored)
