"""With a kernel: the ipywidget that every live element is, with the ES module as its front end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anywidget
import traitlets

from learnscape.page import assets

__all__ = ["PageWidget", "live_bundle"]

_MODULE, _SHEET = (assets()[name].read_text(encoding="utf-8") for name in ("learnscape.js", "learnscape.css"))


class PageWidget(anywidget.AnyWidget):
    """A widget drawn by the module; `element` says as what, `spec` describes it."""

    _esm = traitlets.Unicode(_MODULE).tag(sync=True)
    _css = traitlets.Unicode(_SHEET).tag(sync=True)
    element = traitlets.Unicode().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)


def live_bundle(widget: PageWidget, others: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and metadata with which Jupyter displays the widget, and other representations of the same thing by MIME type.

    A notebook that is opened again without a kernel shows one of these instead of a dead widget.
    """
    bundle = widget._repr_mimebundle_()
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
    return {**data, **others}, metadata
