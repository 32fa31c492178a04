"""A page shows what the library computes today.

Jupyter Book keys its cache of executed notebooks on the notebook's own cells. When a module that a page imports has
changed, the page keeps its old numbers, silently. Here the cache folder is named after a hash of everything a page's
numbers can depend on: the library, the data files of the chapters and the locked versions of all packages. The same hash
is a Sphinx setting of kind "env", so that a change also makes Sphinx read every page again.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
from pathlib import Path
from typing import Any

LIBRARY_SUFFIXES = {".py", ".json", ".js", ".css", ".wasm", ".mplstyle", ".csv", ".npz"}


def inputs(root: Path) -> list[Path]:
    """Every file whose change must re-execute the pages, in a fixed order."""
    files = [
        p for p in (root / "lib").rglob("*") if p.suffix in LIBRARY_SUFFIXES and "__pycache__" not in p.parts
    ]
    files += [
        p for p in (root / "chapters").rglob("data/**/*") if p.is_file() and "__pycache__" not in p.parts
    ]
    files += [p for p in [root / "requirements.txt"] if p.exists()]
    return sorted(files)


def source_hash(root: Path) -> str:
    """Sixteen hex digits that change whenever a line in `lib/`, a data file or the lock changes."""
    digest = hashlib.sha256(platform.python_version().encode())
    for path in inputs(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def use_fresh_cache(app: Any, config: Any) -> None:
    """Point the notebook cache at the folder of this hash and throw the others away."""
    key = source_hash(Path(app.srcdir))
    config.learnscape_source_hash = key
    caches = Path(app.outdir).parent / ".jupyter_cache"
    config.nb_execution_cache_path = str(caches / key)
    if caches.is_dir():
        for stale in caches.iterdir():
            if stale.name != key:
                shutil.rmtree(stale, ignore_errors=True) if stale.is_dir() else stale.unlink()
    # Kernels inherit the environment of the build: explorables and answer boxes then draw their static form.
    os.environ["LEARNSCAPE_HOST"] = "static"
    if os.environ.get(
        "LEARNSCAPE_DRAFT"
    ):  # make book DRAFT=1: see all failing cells, not the first; the build still fails
        config.nb_execution_raise_on_error = False
    # With another Matplotlib backend in the environment, every figure would silently vanish from the pages.
    os.environ.pop("MPLBACKEND", None)


def setup(app: Any) -> None:
    app.add_config_value("learnscape_source_hash", "", "env")
    app.connect("config-inited", use_fresh_cache, priority=400)
