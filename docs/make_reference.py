"""Write the reference pages that are tables and docstrings of what the code declares.

Run it as ``python docs/make_reference.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from docs.reference_pages.config import config_page  # noqa: E402
from docs.reference_pages.models import models_page  # noqa: E402
from docs.reference_pages.output import output_page  # noqa: E402
from docs.reference_pages.pathways import pathways_page  # noqa: E402
from docs.reference_pages.python import python_page  # noqa: E402
from docs.reference_pages.regions import regions_page  # noqa: E402
from docs.reference_pages.tasks import tasks_page  # noqa: E402

REFERENCE = ROOT / "docs" / "reference"
PAGES = {
    "config.md": config_page,
    "regions.md": regions_page,
    "pathways.md": pathways_page,
    "models.md": models_page,
    "tasks.md": tasks_page,
    "output.md": output_page,
    "python.md": python_page,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
        print(f"docs/reference/{name}")
