"""One element of a page: its description as JSON, which the ES module brings to life, and what stands there until then.

Every live element, explorable or answer box, is a *host*,
``<div data-learnscape="kind"><script type="application/json">{"element": "kind", ...}</script> fallback </div>``. The module finds it
by ``data-learnscape``, removes what has the class :data:`FALLBACK`, and draws in its place.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from learnscape.page.markup import Markup, join, tag

__all__ = ["FALLBACK", "host", "json_script", "static"]

FALLBACK = "ls-fallback"
"""Class of what a reader sees where no script runs; the module removes it."""


def static() -> bool:
    """Whether what is displayed goes into a page without a kernel: ``LEARNSCAPE_HOST=static``, which the book build sets."""
    return os.environ.get("LEARNSCAPE_HOST", "live") == "static"


def json_script(data: Mapping[str, Any]) -> Markup:
    """Data for the module, as an inert script element.

    A ``<`` in the data could end the element or open a comment in it; JSON may write it as an escape, so no ``<`` is left at all.
    NaN and infinity are not JSON: ``ValueError``.

    Examples
    --------
    >>> json_script({"text": "</script>"})
    '<script type="application/json">{"text":"\\\\u003c/script>"}</script>'
    """
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return Markup(f'<script type="application/json">{text.replace("<", chr(92) + "u003c")}</script>')


def host(element: str, data: Mapping[str, Any], *fallback: str, **attributes: str) -> Markup:
    """A live element of a static page.

    Parameters
    ----------
    element : {"explorable", "check"}
        What the module draws.
    data : mapping
        Its description, JSON-able.
    *fallback : str
        What stands there without JavaScript.
    **attributes : str
        More attributes, as for :func:`learnscape.page.markup.tag`.

    Examples
    --------
    >>> host("check", {"spec": {}}, tag("p", "Needs JavaScript.", class_=FALLBACK), data_exercise="a/b")
    '<div data-learnscape="check" data-exercise="a/b"><script type="application/json">{"element":"check","spec":{}}</script><p ...
    """
    script = json_script({"element": element, **data})
    return tag("div", join(script, *fallback), data_learnscape=element, **attributes)
