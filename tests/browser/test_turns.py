"""What the theme's scripts do when the page has been read comes after the explorables in sight, one task after the other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from learnscape.explore import REGISTRY
from learnscape.page import assets
from local_site import serve

pytestmark = pytest.mark.browser
STATIC = Path(__file__).resolve().parents[2] / "_ext" / "learnscape_book" / "static"
# The theme's way: a listener if the page is still being read. The timer fires between two tasks only.
THEME = """window.order = [];
const note = (what) => order.push(what);
document.addEventListener('learnscape:opened', () => note('explorable'));
document.addEventListener('DOMContentLoaded', () => { setTimeout(() => note('timer'), 0); note('first') });
document.addEventListener('DOMContentLoaded', () => { throw new Error('of a script of the theme') });
document.addEventListener('DOMContentLoaded', () => note('last'));"""
HEAD = f"""<!doctype html><html lang="en" data-mode="auto" data-theme="auto"><head><meta charset="utf-8"><title>Test</title>
<link rel="icon" href="data:,"><script src="turns.js"></script><script>{THEME}</script>
<script type="module" async src="learnscape.js"></script></head><body>"""


@pytest.fixture(scope="module")
def page_with(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], str]]:
    folder = tmp_path_factory.mktemp("turns")
    for name, path in assets().items():
        (folder / name).write_bytes(path.read_bytes())
    shutil.copy2(STATIC / "turns.js", folder)
    with serve(folder) as base:

        def page(name: str, body: str) -> str:
            (folder / name).write_text(f"{HEAD}{body}</body></html>", encoding="utf-8")
            return f"{base}/{name}"

        yield page


def _order(chromium: Any, address: str, **options: Any) -> tuple[list[str], str, list[str]]:
    page = chromium.new_page(**options)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    page.goto(address)
    page.wait_for_function("order.includes('last')")
    order, theme = page.evaluate("[order, document.documentElement.dataset.theme]")
    page.close()
    return order, theme, errors


def test_the_explorable_is_first_and_each_listener_has_a_task(
    chromium: Any, page_with: Callable[[str, str], str]
) -> None:
    address = page_with("with.html", REGISTRY["gardner_capacity"]().html())
    order, theme, errors = _order(chromium, address, color_scheme="dark")
    assert order == ["explorable", "first", "timer", "last"]
    assert theme == "dark"  # known before the theme's turn
    assert errors == ["of a script of the theme"]  # told, and no hindrance to the others


def test_nothing_waits_for_an_explorable_that_does_not_come(
    chromium: Any, page_with: Callable[[str, str], str]
) -> None:
    broken = '<div data-learnscape="explorable"><script type="application/json">{}</script></div>'
    with_none, light, _ = _order(chromium, page_with("none.html", "<p>Text</p>"), color_scheme="light")
    with_broken, *_ = _order(
        chromium, page_with("broken.html", f"<script>document.dispatchEvent = () => true</script>{broken}")
    )
    # Without an explorable the module opens nothing, and may tell so at any time.
    assert [what for what in with_none if what != "explorable"] == ["first", "timer", "last"]
    assert light == "light"
    assert with_broken == ["first", "timer", "last"]


def test_a_quick_reader_is_answered(chromium: Any, page_with: Callable[[str, str], str]) -> None:
    """A key pressed while the theme waits reaches the listener that the theme then adds."""
    body = (
        "<script>document.addEventListener('DOMContentLoaded', () => addEventListener('keydown', () => note('key')));</script>"
        '<script>document.dispatchEvent = () => true</script><div data-learnscape="explorable"></div>'
    )
    page = chromium.new_page()
    page.goto(page_with("quick.html", body), wait_until="domcontentloaded")
    page.keyboard.press("k")
    assert page.evaluate("order.filter((what) => what !== 'timer')") == ["first", "last", "key"]
    page.close()
