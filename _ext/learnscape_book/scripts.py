"""Sites that restrict scripts and browsers that run none.

A Content-Security-Policy that forbids inline scripts has to name those of the theme by their hashes. The one that differs from page to
page, which nothing of ours reads, is taken out, so that the list is short; the build writes the whole header to `csp.txt`.
Where no script runs at all, a sentence says why formulas are TeX and pictures stand still.
"""

from __future__ import annotations

import html
import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
TYPE = re.compile(r"""\btype=["']?([^"'\s>]+)""")
HANDLER = re.compile(r"<[a-zA-Z][^<>]*? on[a-z]+=\"([^\"]*)\"")
EXECUTED = {"", "module", "text/javascript", "application/javascript"}
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-hashes' {hashes}; worker-src blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'"
)
WITHOUT = (
    '<noscript><p class="ls-in-tex">JavaScript is switched off in this browser: formulas stand here as TeX, '
    "and the pictures do not move.</p></noscript>"
)


def inline(page: str) -> set[str]:
    """The scripts that stand in a page itself, in elements and in attributes (`onclick`)."""
    found = {html.unescape(handler) for handler in HANDLER.findall(page)}
    for attributes, text in SCRIPT.findall(page):
        kind = TYPE.search(attributes)
        if text and "src=" not in attributes and (kind[1] if kind else "") in EXECUTED:
            found.add(text)
    return found


def policy(pages: Iterable[str]) -> str:
    """The Content-Security-Policy under which these pages work."""
    scripts = {script for page in pages for script in inline(page)}
    hashes = sorted(b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
    return POLICY.format(hashes=" ".join(f"'sha256-{text}'" for text in hashes))


def mend_page(app: Any, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    def varies(script: Any) -> bool:
        return "DOCUMENTATION_OPTIONS.pagename" in str(getattr(script, "attributes", {}).get("body", ""))

    context["script_files"] = [script for script in context.get("script_files", []) if not varies(script)]
    body = context.get("body", "")
    if 'class="math' in body or "data-learnscape=" in body:
        context["body"] = WITHOUT + body


def finish(app: Any, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    out = Path(app.outdir)
    pages = (file.read_text(encoding="utf-8") for file in out.glob("**/*.html"))
    (out / "csp.txt").write_text(policy(pages) + "\n", encoding="utf-8")


def setup(app: Any) -> None:
    app.connect("html-page-context", mend_page, priority=999)
    app.connect("build-finished", finish, priority=900)
