"""A figure that some readers cannot see, or nobody can refer to, stops the build.

Every image needs alt text. An image made by a code cell, or by a `figure` directive, also needs a name (so that the text
can refer to it) and a caption. Findings are Sphinx warnings, and the book is built with warnings as errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.util import logging

logger = logging.getLogger(__name__)
IMG_TAG = re.compile(r"<img\b[^>]*>", re.IGNORECASE | re.DOTALL)
ALT = re.compile(r"""\balt\s*=\s*(?:"\s*[^"\s][^"]*"|'\s*[^'\s][^']*')""", re.IGNORECASE)
HOW = "add `mystnb: {image: {alt: ...}, figure: {name: fig-..., caption: ...}}` to the cell"


def faults(doctree: nodes.document) -> Iterator[tuple[nodes.Node, str]]:
    """The node and the sentence for each picture that lacks something."""
    for image in doctree.findall(nodes.image):
        bundle = _ancestor(image, lambda n: n.get("nb_element") == "mime_bundle")
        if bundle is not None and has_html(bundle):
            continue  # an explorable: the page shows its HTML, which is checked below, and not this image
        if not str(image.get("alt", "")).strip():
            yield image, f"image without alt text: {HOW if bundle is not None else image.get('uri', '?')}"
        figure = _ancestor(image, lambda n: isinstance(n, nodes.figure))
        if figure is not None or bundle is not None:
            if figure is None or not any(isinstance(child, nodes.caption) for child in figure.children):
                yield image, f"figure without a caption: {HOW}"
            if figure is None or not figure.get("names"):
                yield image, f"figure without a name: {HOW}"
    for raw in doctree.findall(nodes.raw):
        for tag in IMG_TAG.findall(raw.astext()) if "html" in raw.get("format", "") else ():
            if not ALT.search(tag):
                yield raw, f"<img> without alt text: {tag[:80]}"


def _ancestor(node: Any, test: Any) -> Any:
    node = node.parent
    while node is not None and not (isinstance(node, nodes.Element) and test(node)):
        node = node.parent
    return node


def has_html(bundle: Any) -> bool:
    """Whether what a cell showed has a form that is HTML: the page takes that, and not a picture."""
    return any(getattr(child, "attributes", {}).get("mime_type") == "text/html" for child in bundle.children)


def check(app: Any, doctree: nodes.document) -> None:
    for node, sentence in faults(doctree):
        line = node.line or getattr(node.parent, "line", None)
        logger.warning(sentence, location=(app.env.docname, line), type="learnscape", subtype="picture")


def setup(app: Any) -> None:
    app.connect("doctree-read", check)
