"""After a build: is every page of the table of contents really there, and does it say something?

``python _ext/check_site.py [ROOT]`` exits with 1 and names the pages that are missing or nearly empty. Jupyter Book itself
only warns about them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

FEWEST_WORDS = 40


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
    html = root / "_build" / "html"
    missing = []
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    by_hand = set(pages(toc))
    for name in pages(toc, root):
        page = html / f"{name}.html"
        if not page.exists():
            missing.append(f"{name}: in _toc.yml, but {page.relative_to(root)} was not built")
            continue
        article = page.read_text(encoding="utf-8").partition("<article")[2].partition("</article>")[0]
        words = len(re.sub(r"<script.*?</script>|<[^>]+>", " ", article, flags=re.DOTALL).split())
        if words < (FEWEST_WORDS if name in by_hand else 1):
            missing.append(f"{name}: the built page has {words} words")
    if not (html / "index.html").exists():
        missing.append("index.html: the site has no front door")
    return missing


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = faults(root)
    for sentence in found:
        print("missing page:", sentence, file=sys.stderr)
    if not found:
        print(
            f"\nThe book is at {root / '_build' / 'html' / 'index.html'}\n(`make serve` opens it in a browser.)"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
