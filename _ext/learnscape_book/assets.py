"""Every byte a page needs comes from the site itself.

Jupyter Book adds each script and style sheet it finds below `_static` to each page, as classic scripts. Our files therefore lie
elsewhere and are added one by one: MathJax, what loads it (`typeset.js`), what makes the theme wait (`turns.js`) and work where nothing
may be stored (`storage.js`), what lays out the
rest when there is time (`in_sight.js`) and the style sheet to all pages, the explorables' ES module only to pages that contain one. The theme's
Thebe scripts, which would fetch code from a CDN, are taken out.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sphinx.util import logging

logger = logging.getLogger(__name__)
HERE = Path(__file__).parent
EXPLORABLE_MARK = "data-learnscape="
FONTS = (
    "vendor/fonts/source-sans-3-latin-wght-normal.woff2",
    "vendor/fonts/source-serif-4-latin-wght-normal.woff2",
)
FIRST = ("storage.js",)
IN_HEAD = ("typeset.js", "turns.js", "in_sight.js", "documentation_options.js")
DESIGN_MARK = 'class="sd-'  # of a card, a grid or tabs of sphinx-design


def collect(app: Any, config: Any) -> None:
    """Gather the static files in one folder that Sphinx copies to `_static`."""
    staging = Path(app.outdir).parent / "learnscape-static"
    shutil.rmtree(staging, ignore_errors=True)
    shutil.copytree(HERE / "static", staging)
    shutil.copytree(HERE / "vendor", staging / "vendor")
    tokens = Path(app.srcdir) / "lib" / "learnscape" / "style" / "tokens.css"
    if tokens.exists():
        shutil.copy2(tokens, staging / "tokens.css")
    app.learnscape_scripts = []
    for name, content in explorable_assets().items():
        target = staging / "explore" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        app.learnscape_scripts.append(f"explore/{name}")
    config.html_static_path.append(str(staging))
    config.html_favicon = config.html_favicon or str(HERE / "static" / "favicon.svg")


def explorable_assets() -> dict[str, bytes]:
    """File name -> content of what an explorable needs in a page; the library owns these files."""
    try:
        from learnscape import page

        return {name: Path(path).read_bytes() for name, path in page.assets().items()}
    except (ImportError, FileNotFoundError) as error:
        if getattr(error, "name", "") != "learnscape":  # in the tests of this extension there is no library
            logger.warning(f"no explorable will be live: {error}", type="learnscape", subtype="assets")
        return {}


def add_to_page(app: Any, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if EXPLORABLE_MARK in context.get("body", ""):
        for name in app.learnscape_scripts:
            if name.endswith((".js", ".mjs")):
                app.add_js_file(name, type="module", loading_method="async")
            elif name.endswith(".css"):
                app.add_css_file(name)


def drop_unused(app: Any, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """The theme always writes a script naming a CDN for Thebe, twice; no page of ours uses Thebe. Nor does a page without cards and tabs
    use what shows them."""
    unused = (
        ["thebe"] if DESIGN_MARK in context.get("body", "") else ["thebe", "sphinx-design", "design-tabs"]
    )

    def wanted(file: Any) -> bool:
        name = str(getattr(file, "filename", file) or "")
        return not any(part in name for part in unused) and "THEBE_JS_URL" not in str(
            getattr(file, "attributes", {}).get("body", "")
        )

    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context.get(kind, []) if wanted(file)]


def put_first_things_first(
    app: Any, pagename: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """The first picture of a page waits for nothing that it does not need: fonts come at once, the theme's scripts after the text.

    One of ours comes even before the theme's first line. The page of the search brings scripts of its own that count on those before them.
    """
    links = (
        f'<link rel="preload" as="font" type="font/woff2" crossorigin href="{context["pathto"](f"_static/{font}", 1)}" />'
        for font in FONTS
    )
    early, files = [], []
    context["late_scripts"] = []
    for script in context.get("script_files", []):
        name = Path(str(script.filename or "")).name
        if name in FIRST:
            early.append(context["js_tag"](script))
        elif (
            not name
            or name in IN_HEAD
            or pagename == "search"
            or {"async", "defer", "type"} & set(script.attributes)
        ):
            files.append(script)
        else:
            context["late_scripts"].append(script)
    context["metatags"] = "\n".join([context.get("metatags", ""), *early, *links])
    context["script_files"] = files


def setup(app: Any) -> None:
    app.learnscape_scripts = []
    app.connect("config-inited", collect)
    app.add_js_file("storage.js", priority=99)
    app.add_js_file("typeset.js", priority=100)
    app.add_js_file("turns.js", priority=101)  # before any script of the theme
    app.add_js_file("in_sight.js")
    app.add_css_file("tokens.css", priority=890)
    app.add_css_file("book.css", priority=900)
    app.connect("html-page-context", add_to_page, priority=400)
    app.connect("html-page-context", drop_unused, priority=999)
    app.connect("html-page-context", put_first_things_first, priority=999)
