"""The book's own Sphinx extension.

Jupyter Book does the rendering; what it cannot do, or does wrongly, is mended here, one idea a module:

* `freshness`  a page is executed again when a file that it read has changed, several at a time (`execution`, `watch`);
* `assets`     style sheet, logo, MathJax and the explorables' module, all served by the site itself;
* `pictures`   a figure without alt text, name or caption stops the build;
* `api`        the reference of the library, one section for every public module;
* `notebooks`  every chapter as a plain .ipynb, and the buttons that download it or open it elsewhere.
"""

from __future__ import annotations

from typing import Any

from . import api, assets, freshness, notebooks, pictures


def setup(app: Any) -> dict[str, bool]:
    for part in (api, freshness, assets, pictures, notebooks):
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
