"""A page shows what the library computes today, and is executed again only if something that it read has changed.

Jupyter Book keys its cache of executed notebooks on the notebook's own cells. When a module that a page imports has
changed, the page keeps its old numbers, silently. Here every execution leaves a list of the files it read: modules, stored
results, WebAssembly, the explorables' script (`execution`). Before Sphinx reads the pages, each of which a file has changed is
executed anew, several at a time, and put into the cache, where Jupyter Book finds it. The cache folder is named after
a hash of the interpreter and of the locked versions of all packages, so that a change of these executes everything.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import create_nb_reader
from sphinx.errors import ExtensionError
from sphinx.util import logging

from .execution import Execution, Page, execute_all

logger = logging.getLogger(__name__)
NOTES = "read.json"


def environment_hash(root: Path) -> str:
    """Sixteen hex digits that change with the interpreter and the locked versions."""
    digest = hashlib.sha256(platform.python_version().encode())
    lock = root / "requirements.txt"
    digest.update(lock.read_bytes() if lock.exists() else b"")
    return digest.hexdigest()[:16]


def site_hash(root: Path) -> str:
    """Sixteen hex digits that change with whatever shapes every page: configuration, this extension, the explorables' module."""
    digest = hashlib.sha256()
    shaping = [root / "_config.yml", *root.glob("_ext/**/*"), *root.glob("lib/learnscape/page/static/*")]
    for path in sorted(path for path in shaping if path.is_file() and path.suffix != ".pyc"):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def library_hash(root: Path) -> str:
    """Sixteen hex digits that change whenever a Python file below `lib/` does."""
    digest = hashlib.sha256()
    for path in sorted((root / "lib").rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


class Notes:
    """For each page the key of its execution in the cache, and a hash of every file that this execution read."""

    def __init__(self, root: Path, file: Path) -> None:
        self.root, self.file = root, file
        self.pages: dict[str, dict[str, Any]] = json.loads(file.read_text()) if file.exists() else {}
        self._hashes: dict[str, str] = {}

    def hash(self, name: str) -> str:
        """Hash of a file of the repository; empty if it is gone."""
        if name not in self._hashes:
            path = self.root / name
            self._hashes[name] = hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""
        return self._hashes[name]

    def fresh(self, docname: str, key: str) -> bool:
        """Whether the cached execution of these cells is what an execution now would give."""
        note = self.pages.get(docname, {"key": None, "files": {}})
        return note["key"] == key and all(self.hash(name) == seen for name, seen in note["files"].items())

    def keep(self, docname: str, key: str, files: frozenset[Path]) -> None:
        """Note an execution, at once on disk: a build that fails later need not execute this page again."""
        names = sorted(path.as_posix() for path in files)
        self.pages[docname] = {"key": key, "files": {name: self.hash(name) for name in names}}
        scratch = self.file.with_suffix(".new")
        scratch.write_text(json.dumps(self.pages, indent=1))
        scratch.replace(self.file)


def prepare(app: Any, config: Any) -> None:
    """Choose the cache folder, throw the others away, and set what the kernels inherit."""
    key = environment_hash(Path(app.srcdir))
    caches = Path(app.outdir).parent / ".jupyter_cache"
    config.nb_execution_cache_path = str(caches / key)
    config.learnscape_environment = key
    if caches.is_dir():
        for stale in caches.iterdir():
            if stale.name != key:
                shutil.rmtree(stale, ignore_errors=True) if stale.is_dir() else stale.unlink()
    _begin_anew(Path(app.outdir), Path(app.doctreedir), site_hash(Path(app.srcdir)))
    # Kernels inherit the environment of the build: explorables and answer boxes then draw their static form.
    os.environ["LEARNSCAPE_HOST"] = "static"
    if os.environ.get("LEARNSCAPE_DRAFT"):  # make book DRAFT=1: see all failing cells; the build still fails
        config.nb_execution_raise_on_error = False
    # With another Matplotlib backend in the environment, every figure would silently vanish from the pages.
    os.environ.pop("MPLBACKEND", None)


def _begin_anew(out: Path, doctrees: Path, now: str) -> None:
    """Throw the site away if something that every page depends on has changed: Sphinx would write anew only pages whose text has."""
    stamp = out.parent / "site"
    if not stamp.is_file() or stamp.read_text() != now:
        for folder in (out, doctrees):
            for old in folder.glob("*"):
                shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink()
        out.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(now)


def notebook_of(app: Any, docname: str) -> Page | None:
    """The page as Jupyter Book itself will read it; None for a page without code."""
    source = Path(app.env.doc2path(docname))
    content = [source.read_text(encoding="utf-8")]
    app.emit("source-read", docname, content)
    reader = create_nb_reader(str(source), app.env.myst_config, app.env.mystnb_config, content[0])
    notebook = None if reader is None else reader.read(content[0])
    if notebook is None or not any(cell.cell_type == "code" for cell in notebook.cells):
        return None
    return Page(docname, notebook, source)


def refresh(app: Any, env: Any, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Execute what is stale; the pages executed are the ones that Sphinx has to read (again)."""
    root, folder = Path(app.srcdir), Path(env.mystnb_config.execution_cache_path)
    cache = get_cache(folder)
    notes = Notes(root, folder / NOTES)
    stale = []
    for docname in sorted(env.found_docs):
        page = notebook_of(app, docname)
        if page is None:
            continue
        _, key = cache.create_hashed_notebook(page.notebook)
        if not notes.fresh(docname, key):
            for record in cache.list_cache_records():
                if record.hashkey == key or record.uri == str(page.source):
                    cache.remove_cache(record.pk)
            stale.append(page)
    failed = []
    for number, done in enumerate(execute_all(stale, root, env.mystnb_config.execution_timeout), 1):
        name = done.page.docname
        logger.info(f"executed {name} in {done.seconds:.1f} s ({number} of {len(stale)})")
        if done.error:
            failed.append(done)
            logger.warning(f"{name}: a cell failed\n{done.error}", type="learnscape", subtype="execution")
        else:
            _store(cache, notes, done)
    if failed and app.config.nb_execution_raise_on_error:
        raise ExtensionError(
            f"failing cells in {', '.join(done.page.docname for done in failed)} (see above)"
        )
    return [page.docname for page in stale] + _without_kernel(app, root, folder / "library")


def _store(cache: Any, notes: Notes, done: Execution) -> None:
    bundle = CacheBundleIn(
        done.page.notebook, str(done.page.source), data={"execution_seconds": done.seconds}
    )
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    if done.files is not None:
        _, key = cache.create_hashed_notebook(done.page.notebook)
        notes.keep(done.page.docname, key, done.files)


def _without_kernel(app: Any, root: Path, stamp: Path) -> list[str]:
    """Pages made from the library's source itself, if that has changed since the last build.

    Not those of its modules: autodoc notes which file each was made from.
    """
    now = library_hash(root)
    if stamp.is_file() and stamp.read_text() == now:
        return []
    stamp.write_text(now)
    return [name for name in app.env.found_docs if re.match(r"chapters/reference/[^/]+$", name)]


def setup(app: Any) -> None:
    app.add_config_value("learnscape_environment", "", "env")
    app.connect("config-inited", prepare, priority=400)
    app.connect("env-get-outdated", refresh)
