"""A small page with one explorable, or one answer box, served from this machine: no need to build the whole book."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from learnscape import page as page_parts
from learnscape.explore import REGISTRY

HERE = Path(__file__).parent
PAGE = """<!doctype html>
<html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Test</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="learnscape.css"><style>body {{ margin: 0; padding: 8px; background: var(--ls-page) }}</style>
<script type="module" src="learnscape.js"></script></head><body><main><h1 hidden>Test</h1>{body}</main></body></html>"""


@pytest.fixture(scope="session")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """``page_of(html, theme="dark")`` -> address of a page with that HTML and the assets of the explorables."""
    from local_site import serve

    folder = tmp_path_factory.mktemp("pages")
    for name, path in page_parts.assets().items():
        (folder / name).write_bytes(path.read_bytes())
    made: dict[tuple[str, str], str] = {}
    with serve(folder) as base:

        def page(body: str, theme: str = "light") -> str:
            if (body, theme) not in made:
                made[body, theme] = f"{len(made)}.html"
                (folder / made[body, theme]).write_text(PAGE.format(theme=theme, body=body), encoding="utf-8")
            return f"{base}/{made[body, theme]}"

        yield page


@pytest.fixture(scope="session")
def html_of(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[str], str]:
    """``html_of(name)`` -> the static element of an explorable, drawn once for all processes of the run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "html"
    folder.mkdir(exist_ok=True)

    def element(name: str) -> str:
        kept = folder / name
        if not kept.exists():
            half = kept.with_suffix(f".{worker_id}")
            half.write_text(REGISTRY[name]().html(), encoding="utf-8")
            os.replace(half, kept)
        return kept.read_text(encoding="utf-8")

    return element
