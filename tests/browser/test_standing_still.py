"""Where an explorable cannot move, one sentence in its place says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from learnscape.explore import REGISTRY
from learnscape.page import assets
from local_site import serve
from sampled import sampled

from .conftest import PAGE

pytestmark = pytest.mark.browser
NAME = "gardner_capacity"
STILL = ".ls-still"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("still")
    for name, path in assets().items():
        (folder / name).write_bytes(path.read_bytes())
    (folder / "page.html").write_text(
        PAGE.format(theme="light", body=REGISTRY[NAME]().html()), encoding="utf-8"
    )
    return folder


def _said(page: Any, words: str) -> str:
    """The sentence, once it contains these words; the picture stays beside it."""
    sentence = page.locator(STILL).filter(has_text=words)
    sentence.wait_for(timeout=8000)
    assert page.locator("img.ls-fallback").is_visible()
    assert page.locator(".ls-root").count() == 0
    return str(sentence.text_content())


def test_opened_as_a_file(chromium: Any, folder: Path) -> None:
    page = chromium.new_page()
    page.goto((folder / "page.html").as_uri())
    assert "make serve" in _said(page, "web server")
    page.close()


def test_without_javascript(open_page: Any, page_of: Any) -> None:
    with open_page(page_of(REGISTRY[NAME]().html()), java_script_enabled=False) as page:
        _said(page, "needs JavaScript")


def test_without_webassembly(chromium: Any, page_of: Any) -> None:
    context = chromium.new_context()
    context.add_init_script("delete globalThis.WebAssembly")
    page = context.new_page()
    page.goto(page_of(REGISTRY[NAME]().html()))
    assert "make serve" not in _said(page, "WebAssembly switched off")
    context.close()


@pytest.mark.parametrize(
    "policy", sampled(["script-src 'self'", "script-src 'self'; worker-src blob:"], every=2, start=1)
)
def test_under_a_strict_security_policy(open_page: Any, folder: Path, policy: str) -> None:
    """A server whose pages may run scripts of their own, but no WebAssembly: neither in the page nor in a worker."""
    with serve(folder, policy) as base, open_page(f"{base}/page.html") as page:
        assert "wasm-unsafe-eval" in _said(page, "Content-Security-Policy")


def test_a_kernel_that_is_damaged(open_page: Any, page_of: Any) -> None:
    text = REGISTRY[NAME]().html()
    start = text.index('"wasm":"') + len('"wasm":"')
    with open_page(page_of(text[:start] + "AAAA" + text[start + 4 :])) as page:
        _said(page, "could not be started")


def test_nothing_is_said_where_it_moves(open_page: Any, page_of: Any) -> None:
    with open_page(page_of(REGISTRY[NAME]().html())) as page:
        page.wait_for_selector(".ls-root[data-ready]")
        assert page.locator(STILL).count() == 0
