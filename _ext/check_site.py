"""After a build: is every page of the table of contents really there, does it say something, and does what its cells print fit?

``python _ext/check_site.py [ROOT]`` exits with 1 and names the pages that are missing or nearly empty, which Jupyter Book itself only warns
about, and those that print lines wider than the column of text.
"""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path
from typing import Any

import yaml

FEWEST_WORDS = 40
WIDEST = 70
"""Characters of a printed line that fit beside both side bars, in a window of 1200 pixels."""
NOT_YET = {
    "chapters/start/how-to-use": 72,
    "chapters/capacity/binary-weights": 93,
    "chapters/replicas/replica-trick": 78,
    "chapters/replicas/sherrington-kirkpatrick": 92,
    "chapters/replicas/perceptron-replicas": 73,
    "chapters/replicas/full-rsb": 105,
    "chapters/replicas/jamming-exponents": 77,
    "chapters/replicas/two-layer": 75,
    "chapters/dense/isolated-solutions": 75,
    "chapters/dense/geometry": 154,
}
"""Pages whose lines are still to be broken: none may be added, and none may become wider."""
PRINTED = re.compile(r'<div class="output (?:stream|text_plain|error)\b[^>]*>.*?<pre>(.*?)</pre>', re.DOTALL)


def pages(toc: Any, root: Path | None = None) -> list[str]:
    """All document names in a parsed ``_toc.yml``, the root first; below ``root`` also those that a glob stands for."""
    found = []
    if isinstance(toc, dict):
        found += [toc[key] for key in ("root", "file") if key in toc]
        if root is not None and "glob" in toc:
            matches = root.glob(toc["glob"] + ".md")
            found += sorted(path.relative_to(root).as_posix().removesuffix(".md") for path in matches)
        for value in toc.values():
            found += pages(value, root) if isinstance(value, dict | list) else []
    elif isinstance(toc, list):
        for item in toc:
            found += pages(item, root)
    return found


def faults(root: Path) -> list[str]:
    """One sentence for each page that a reader would miss."""
    site = root / "_build" / "html"
    missing = []
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    by_hand = set(pages(toc))
    for name in pages(toc, root):
        page = site / f"{name}.html"
        if not page.exists():
            missing.append(f"{name}: in _toc.yml, but {page.relative_to(root)} was not built")
            continue
        article = page.read_text(encoding="utf-8").partition("<article")[2].partition("</article>")[0]
        words = len(re.sub(r"<script.*?</script>|<[^>]+>", " ", article, flags=re.DOTALL).split())
        if words < (FEWEST_WORDS if name in by_hand else 1):
            missing.append(f"{name}: the built page has {words} words")
    if not (site / "index.html").exists():
        missing.append("index.html: the site has no front door")
    return missing


def widest(page: str) -> int:
    """Characters of the longest line that the cells of a page print.

    Examples
    --------
    >>> widest('<div class="output stream hl"><div class="highlight"><pre>1 &lt; 2\\n<span>three</span>\\n</pre></div></div><pre>not printed</pre>')
    5
    """
    texts = (html.unescape(re.sub(r"<[^>]*>", "", found)) for found in PRINTED.findall(page))
    return max((len(line) for text in texts for line in text.splitlines()), default=0)


def too_wide(root: Path) -> list[str]:
    """One sentence for each page of which a reader would have to scroll what is printed."""
    found = []
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    for name in pages(toc):
        page = root / "_build" / "html" / f"{name}.html"
        width = widest(page.read_text(encoding="utf-8")) if page.exists() else 0
        if width > NOT_YET.get(name, WIDEST):
            found.append(
                f"{name}: a cell prints a line of {width} characters, more than {NOT_YET.get(name, WIDEST)}"
            )
    return found


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = [f"missing page: {fault}" for fault in faults(root)] + [
        f"too wide: {fault}" for fault in too_wide(root)
    ]
    for sentence in found:
        print(sentence, file=sys.stderr)
    if not found:
        print(
            f"\nThe book is at {root / '_build' / 'html' / 'index.html'}\n(`make serve` opens it in a browser.)"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
