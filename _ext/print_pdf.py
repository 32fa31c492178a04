"""Print every page of the built book to PDF with Chromium: ``python _ext/print_pdf.py /usr/bin/chromium``.

The site is served on this machine only; a page is printed once its mathematics has been set. Explorables appear in the
state in which the page opens.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml
from playwright.sync_api import sync_playwright

from check_site import pages
from local_site import serve

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    out = ROOT / "_build" / "pdf"
    names = pages(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    with serve(ROOT / "_build" / "html") as base, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox"])
        page = browser.new_page(color_scheme="light", reduced_motion="reduce")
        for name in names:
            target = out / f"{name.removeprefix('chapters/')}.pdf"
            target.parent.mkdir(parents=True, exist_ok=True)
            page.goto(f"{base}/{name}.html", wait_until="networkidle")
            page.evaluate("() => window.MathJax?.startup?.promise")
            page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true })")
            page.pdf(
                path=target, format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "18mm")
            )
            print(target.relative_to(ROOT))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
