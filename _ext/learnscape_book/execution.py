"""Pages are executed side by side, and each says which files its numbers came from.

One notebook in one kernel of its own, as Jupyter Book does it; but two at a time on two cores, and before Sphinx reads the first
page. What a kernel read (see ``watch.py``) and lies in the repository is what the page depends on; `freshness` keeps the list.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

WATCH = Path(__file__).with_name("watch.py")
WATCHED = ("lib", "chapters", "tests")
"""Folders of the repository whose files a page can depend on; packages from elsewhere are fixed by the lock."""


@dataclass(frozen=True)
class Page:
    """A notebook that is to be executed, in the folder where its source lies."""

    docname: str
    notebook: Any
    source: Path


@dataclass(frozen=True)
class Execution:
    """What came of it: the notebook with its outputs, the files it read, and the failing cell's traceback, if one failed."""

    page: Page
    seconds: float
    files: frozenset[Path] | None
    error: str


def jobs() -> int:
    """How many pages are executed at a time: one a core, at most four; ``LEARNSCAPE_JOBS`` says otherwise."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(os.environ.get("LEARNSCAPE_JOBS") or min(4, cores)))


def execute_all(pages: Iterable[Page], root: Path, timeout: int) -> Iterator[Execution]:
    """Execute the pages, :func:`jobs` at a time, and hand each out when it is done."""
    with ThreadPoolExecutor(jobs()) as pool:
        for done in as_completed([pool.submit(execute, page, root, timeout) for page in pages]):
            yield done.result()


def execute(page: Page, root: Path, timeout: int) -> Execution:
    """Execute one page's notebook in place."""
    start, error = time.perf_counter(), ""
    with tempfile.TemporaryDirectory() as scratch:
        read = Path(scratch, "read.json")
        # Without timing: it would be written into the cells, and the cache tells notebooks apart by their cells.
        client = NotebookClient(
            page.notebook,
            timeout=timeout,
            record_timing=False,
            coalesce_streams=True,  # a line that is printed in pieces stays one line
            resources={"metadata": {"path": str(page.source.parent)}},
        )
        client.extra_arguments = [f"--IPKernelApp.exec_files={WATCH}"]
        try:
            client.execute(env={**os.environ, "LEARNSCAPE_READ": str(read)})
        except (CellExecutionError, CellTimeoutError, DeadKernelError):
            error = traceback.format_exc(limit=0)
        # A kernel that died in its first cell leaves no list: then nothing is known, and the page is executed again next time.
        files = watched(json.loads(read.read_text(encoding="utf-8")), root) if read.exists() else None
    return Execution(page, time.perf_counter() - start, files, error)


def watched(names: Iterable[str], root: Path) -> frozenset[Path]:
    """Those of the files that lie in the repository's watched folders, relative to its root.

    Machine code in ``__pycache__`` is not a source: the module that it was made from stands in the list itself.
    """
    found = set()
    for name in names:
        path = Path(name)
        if path.is_relative_to(root) and "__pycache__" not in path.parts and path.is_file():
            relative = path.relative_to(root)
            if relative.parts[0] in WATCHED:
                found.add(relative)
    return frozenset(found)
