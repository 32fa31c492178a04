"""Print every page of the built book to PDF with Chromium: ``python _ext/print_pdf.py /usr/bin/chromium``.

The site is served on this machine only; a page is printed once its mathematics has been set. Explorables appear in the
state in which the page opens, with their sliders; what the page folds as code stays out; solutions stand at the end, or
with ``--without-solutions`` nowhere.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml
from playwright.sync_api import sync_playwright

from check_site import pages
from local_site import serve

ROOT = Path(__file__).resolve().parents[1]
ARRANGE = """async keep => {
  await (window.MathJax?.startup?.promise ?? null);
  const starting = host => !host.querySelector('.ls-root[data-ready]') && !host.dataset.failed;
  for (let k = 0; k < 300 && [...document.querySelectorAll('[data-learnscape]')].some(starting); k++) {
    await new Promise(done => setTimeout(done, 100));
  }
  document.querySelectorAll('details:not(.hide)').forEach(fold => { fold.open = true });
  document.querySelectorAll('details.hide').forEach(code => code.remove());
  const solutions = [];
  let number = '';
  for (const box of document.querySelectorAll('.bd-article :is(.exercise, .solution)')) {
    const title = box.querySelector('.admonition-title');
    if (box.classList.contains('exercise')) number = title?.querySelector('.caption-number')?.textContent.trim() ?? '';
    else {
      if (title && number) title.textContent = `Solution to ${number}`; // away from its exercise it needs its number
      solutions.push(box);
    }
  }
  solutions.forEach(solution => solution.remove());
  if (!keep || !solutions.length) return;
  const heading = document.createElement('h2');
  heading.textContent = 'Solutions';
  (document.querySelector('.bd-article > section') ?? document.querySelector('.bd-article')).append(heading, ...solutions);
}"""


def arrange(page: Any, solutions: bool = True) -> None:
    """Make an opened page ready to be printed."""
    page.evaluate(ARRANGE, solutions)


def print_page(page: Any, target: Path) -> None:
    """Print what `arrange` left."""
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "18mm")
    page.pdf(path=target, format="A4", margin=margin)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("browser", help="path of Chromium")
    parser.add_argument("--without-solutions", action="store_true", help="leave the solutions out")
    options = parser.parse_args()
    out = ROOT / "_build" / "pdf"
    names = pages(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    with serve(ROOT / "_build" / "html") as base, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=options.browser, args=["--no-sandbox"])
        page = browser.new_page(color_scheme="light", reduced_motion="reduce")
        for name in names:
            target = out / f"{name.removeprefix('chapters/')}.pdf"
            target.parent.mkdir(parents=True, exist_ok=True)
            page.goto(f"{base}/{name}.html", wait_until="networkidle")
            arrange(page, solutions=not options.without_solutions)
            print_page(page, target)
            print(target.relative_to(ROOT))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
