"""What a build of two hundred pages must not do once for each of them.

Sphinx and its extensions were made for smaller books. Nothing here changes a page; each function says what it saves.
"""

from __future__ import annotations

import functools
import gc
from typing import Any

from pybtex import plugin
from sphinx.addnodes import toctree

from .api import FOLDER as API
from .execution import jobs


def collect_less_garbage() -> None:
    """Trees of nodes are not garbage: looking for it costs more than the building."""
    gc.set_threshold(200_000, 50, 100)


def find_plugins_once() -> None:
    """The bibliography asks at every citation for its style, each time through the metadata of every installed package."""
    plugin.find_plugin = functools.lru_cache(maxsize=None)(plugin.find_plugin)


def one_document(app: Any, doctree: Any) -> None:
    """Reference pages are parsed through a second document, which knows the whole environment: each page would be stored with a copy of that,
    nine megabytes a page, to be read again for the numbers of figures."""
    for node in doctree.findall():
        node.document = doctree


def short_side_bar(app: Any, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """The side bar shows no module of the library, but its tree would be copied with all of them for each page.

    The page's own module stays in it: that is how its way up is found and marked.
    """
    for node in app.env.tocs.get(API, toctree()).findall(toctree):
        node["entries"] = [(None, pagename)] if pagename.startswith(f"{API}/") else []


def write_side_by_side(app: Any, env: Any) -> None:
    """Pages are written by one process a core. They are read by one: what extensions learn while reading stays in it."""
    app.parallel = jobs() + 1  # Sphinx counts itself


def setup(app: Any) -> None:
    collect_less_garbage()
    find_plugins_once()
    app.connect("doctree-read", one_document)
    app.connect("html-page-context", short_side_bar)
    app.connect("env-updated", write_side_by_side)
