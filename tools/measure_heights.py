"""How high each explorable of the built site opens, for the room that pages keep for it: `python tools/measure_heights.py`, after `make book`.

Needs Chromium. Writes `_ext/learnscape_book/heights.json`; a test compares it with the pages.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "_ext"))
from local_site import serve  # noqa: E402

SITE = ROOT / "_build" / "html"
TARGET = ROOT / "_ext" / "learnscape_book" / "heights.json"
WIDTHS = (390, 1200)
OPEN = "() => [...document.querySelectorAll('.ls-host')].every(host => host.dataset.mounted)"
MEASURE = "() => [...document.querySelectorAll('.ls-host')].map(host => [host.dataset.name, host.getBoundingClientRect().height])"


def heights(page: Page, address: str) -> list[tuple[str, float]]:
    """Name and height of each explorable of a page, in its order."""
    page.goto(address)
    page.wait_for_function(OPEN)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(300)
    return [(name, height) for name, height in page.evaluate(MEASURE)]


def main() -> None:
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    pages = [page for page in sorted(SITE.glob("chapters/**/*.html")) if 'class="ls-host"' in page.read_text(encoding="utf-8")]  # fmt: skip
    found: dict[str, dict[int, list[float]]] = {}
    with serve(SITE) as site, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
            for file in pages:
                for name, height in heights(page, f"{site}/{file.relative_to(SITE).as_posix()}"):
                    found.setdefault(name, {}).setdefault(width, []).append(height)
    table = {name: [round(median(found[name][width])) for width in WIDTHS] for name in sorted(found)}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(pair)}" for name, pair in table.items())
    TARGET.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
