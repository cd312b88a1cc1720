"""Put the files and command outputs that the pages quote into the pages, as they are now.

A page quotes with a comment in front of a code block:

    <!-- file: docs/tutorial/code/learn.py -->        the block is that file
    <!-- output: python learn.py -->                  the block is what the command writes to stdout

Commands run in a scratch folder with the shipped ``configs`` and the files of the ``code`` folder beside the page,
in the order of the page. Run it as ``python docs/make_examples.py [PAGE ...]``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
QUOTE = re.compile(r"(<!-- (file|output): (.+?) -->\n```\w*\n)(.*?)(^```$)", re.MULTILINE | re.DOTALL)
SECONDS = re.compile(r"\b\d+(\.\d+)? s\b")
"""What differs from run to run."""


def pages() -> list[Path]:
    """The pages that quote something."""
    candidates = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in candidates if QUOTE.search(page.read_text(encoding="utf-8"))]


def refreshed(page: Path) -> str:
    """The text of a page with its quotations renewed."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        environment = _prepare(place, (ROOT / "docs" if page.parent == ROOT else page.parent) / "code")

        def renew(quote: re.Match[str]) -> str:
            head, kind, what, old, end = quote.groups()
            new = (ROOT / what).read_text(encoding="utf-8") if kind == "file" else _run(what, place, environment)
            return head + (old if masked(old) == masked(new) else new) + end

        return QUOTE.sub(renew, page.read_text(encoding="utf-8"))


def masked(text: str) -> str:
    """Without durations."""
    return SECONDS.sub("… s", text)


def install(project: Path, folder: Path) -> None:
    """Register the entry points of a project in ``folder``, as pip would."""
    described = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    metadata = folder / f"{described['name']}-{described['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Name: {described['name']}\nVersion: {described['version']}\n")
    lines = []
    for group, entries in described["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in entries.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines))


def _prepare(place: Path, code: Path) -> dict[str, str]:
    """Fill the scratch folder; returns the environment of its commands."""
    shutil.copytree(ROOT / "configs", place / "configs")
    found = [place]
    if code.is_dir():
        shutil.copytree(code, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for project in sorted(place.glob("*/pyproject.toml")):
        install(project, project.parent)
        found.append(project.parent)
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(map(str, found)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "80",
    }


def _run(command: str, place: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-c", command],  # noqa: S607
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    if done.returncode:
        raise RuntimeError(f"{command!r} failed with exit code {done.returncode}:\n{done.stderr}")
    lines = [line.rstrip() for line in done.stdout.strip("\n").splitlines()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for page in [Path(name).resolve() for name in sys.argv[1:]] or pages():
        page.write_text(refreshed(page), encoding="utf-8")
        print(page.relative_to(ROOT))
