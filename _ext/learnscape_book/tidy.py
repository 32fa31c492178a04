"""What Sphinx and its themes leave untidy in a site: ids used twice, lines that begin with a comma, names broken anywhere, files with broken links,
no page for a wrong address, and a search that finds functions before chapters."""

from __future__ import annotations

import re
import sys
from collections.abc import Container
from pathlib import Path
from typing import Any

from .notebooks import site_address

ID = re.compile(r"""(<[a-zA-Z][^<>]*?) id="([^"]*)\"""")
FORMULA = re.compile(r"""([(\[]?)(<span class="math notranslate nohighlight">[^<]*</span>)([,.;:!?)\]]*)""")
NAME = re.compile(r'(?<=<span class="pre">)[\w.]{16,}(?=</span>)')
HERE = Path(__file__).parent
NOT_FOUND = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>No such page: {title}</title>
<style>
:root {{ color-scheme: light dark; background: Canvas; color: CanvasText; }}
body {{ max-width: 36rem; margin: 12vh auto; padding: 0 1rem; font: 1.1rem/1.5 system-ui, sans-serif; }}
</style></head>
<body><main><h1>There is no page at this address</h1>
<p>It may have moved when a chapter got a better name. Everything can be reached from the
<a href="{home}/chapters/index.html">front page of {title}</a>, and the <a href="{home}/search.html">search</a> knows every word of it.</p>
</main></body></html>
"""


def each_id_once(html: str) -> str:
    """The page without the second and later uses of an id: links go to the first anyway."""
    seen: set[str] = set()

    def once(match: re.Match[str]) -> str:
        if match[2] in seen:
            return match[1]
        seen.add(match[2])
        return match[0]

    return ID.sub(once, html)


def hold_together(html: str) -> str:
    """The page with brackets and stops held to their formulas: browsers may end a line on either side of these."""
    return FORMULA.sub(
        lambda match: f'<span class="ls-held">{match[0]}</span>' if match[1] or match[3] else match[0], html
    )


def break_at_dots(html: str) -> str:
    """The page in which a long dotted name may be broken after its dots, instead of anywhere."""
    return NAME.sub(lambda match: re.sub(r"\.(?=\w)", ".<wbr>", match[0]), html)


def mend_body(app: Any, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if context.get("body"):
        body = context["body"].replace(
            '<summary aria-label="Toggle hidden content">', "<summary>"
        )  # its words are its name
        context["body"] = break_at_dots(hold_together(each_id_once(body)))


def use_our_search_order(app: Any, config: Any) -> None:
    config.html_search_scorer = str(HERE / "search_order.js")


def remove_the_gone(out: Path, pages: Container[str], modules: Container[str]) -> None:
    """Sphinx keeps the pages of chapters and of modules that are no longer there: a later build would still offer them."""
    for folder, kept in (("chapters", pages), ("_modules/learnscape", modules)):
        for file in out.glob(f"{folder}/**/*.html"):
            name = file.relative_to(out).with_suffix("").as_posix()
            if (
                name if folder == "chapters" else name.removeprefix("_modules/").replace("/", ".")
            ) not in kept:
                file.unlink()
                (out / "_sources" / f"{name}.md").unlink(missing_ok=True)


def without_dead_ends(listing: Path) -> None:
    """Sphinx lists also modules whose code it could not show, such as that of Python's own types."""
    if listing.exists():
        text = listing.read_text(encoding="utf-8")
        item = re.compile(r'<li><a href="([^"#]+)">[^<]*</a></li>\n?')
        kept = item.sub(lambda found: found[0] if (listing.parent / found[1]).exists() else "", text)
        listing.write_text(kept, encoding="utf-8")


def mend_pages(out: Path) -> None:
    """Of whole pages: which has no contents beside it, before these are read; logos in a closed menu are not fetched; what the themes' templates
    keep from screen readers: the words of the search button, and the place of the logo."""
    for file in out.glob("**/*.html"):
        before = file.read_text(encoding="utf-8")
        after = before.replace('images/logo_colab.png">', 'images/logo_colab.png" loading="lazy">')
        after = after.replace('images/logo_binder.svg">', 'images/logo_binder.svg" loading="lazy">')
        after = after.replace(
            'search-button-field search-button__button" title="Search" aria-label="Search"',
            'search-button-field search-button__button" title="Search"',
        )
        after = after.replace(
            '<div class="bd-sidebar-primary ',
            '<div role="navigation" aria-label="Book" class="bd-sidebar-primary ',
        )
        if "bd-sidebar-secondary" not in after and "data-alone" not in after:
            after = after.replace("<html ", "<html data-alone ", 1)
        if after != before:
            file.write_text(after, encoding="utf-8")


def finish(app: Any, exception: Exception | None) -> None:
    """Files that are no pages of ours, or are not made by a template that we see."""
    if exception is not None or app.builder.name != "html":
        return
    out = Path(app.outdir)
    remove_the_gone(out, set(app.env.found_docs), sys.modules)
    without_dead_ends(out / "_modules" / "index.html")
    mend_pages(out)
    for leftover in out.glob("_static/*.html"):  # templates of the themes, with links that lead nowhere
        leftover.unlink()
    search = out / "search.html"
    if search.exists():
        search.write_text(each_id_once(search.read_text(encoding="utf-8")), encoding="utf-8")
    home = site_address(app.config.html_theme_options.get("repository_url") or "https://example.org/a/b")
    page = NOT_FOUND.format(title=app.config.html_title or app.config.project, home=home)
    (out / "404.html").write_text(page, encoding="utf-8")


def setup(app: Any) -> None:
    app.connect("config-inited", use_our_search_order)
    app.connect("html-page-context", mend_body, priority=600)
    app.connect("build-finished", finish)
