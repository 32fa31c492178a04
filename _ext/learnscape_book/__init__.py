"""The book's own Sphinx extension.

Jupyter Book does the rendering; what it cannot do, or does wrongly, is mended here, one idea a module:

* `freshness`  a page is executed again when a file that it read has changed, several at a time (`execution`, `watch`);
* `assets`     style sheet, logo, MathJax and the explorables' module, all served by the site itself;
* `pictures`   a figure without alt text, name or caption stops the build;
* `stills`     what stands in for an explorable is a file, fetched when it is near; the room that is kept;
* `dark_figures` each figure of a cell also as the dark page shows it;
* `api`        the reference of the library, one page for every public module;
* `icons`      of Font Awesome only what a page shows;
* `styles`     of the themes' style sheets only the rules that a page can need;
* `code_colours` code in as few elements as its colours need;
* `imports`    cells that only import are folded;
* `opening`    a chapter opens with its question and its explorable;
* `course`     the map of the course on the front page;
* `neighbours` pictures in the links to the chapters before and after;
* `pace`       what Sphinx would do once for every page, done once;
* `alphabet`   a row of letters above the glossary;
* `run_times`  the table of how long each chapter took;
* `tidy`       ids used twice, leftover files, the page for wrong addresses, the order of what a search finds;
* `scripts`    the Content-Security-Policy of the site, and what a browser without JavaScript says;
* `notebooks`  every chapter as a plain .ipynb, and the buttons that download it or open it elsewhere.
"""

from __future__ import annotations

from typing import Any

from . import (
    alphabet,
    api,
    assets,
    checked,
    code_colours,
    course,
    dark_figures,
    freshness,
    icons,
    imports,
    neighbours,
    notebooks,
    opening,
    pace,
    pictures,
    run_times,
    scripts,
    stills,
    styles,
    tidy,
)


def setup(app: Any) -> dict[str, bool]:
    for part in (
        pace,
        api,
        freshness,
        icons,
        code_colours,
        imports,
        opening,
        course,
        assets,
        checked,
        pictures,
        stills,
        dark_figures,
        notebooks,
        neighbours,
        alphabet,
        run_times,
        tidy,
        scripts,
        styles,
    ):
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
