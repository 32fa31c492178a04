"""One meaning, one colour: the style of every figure in the book.

The colours stand in ``tokens.json``. ``tools/make_style.py`` writes from it the Matplotlib style ``learnscape.mplstyle`` and the
CSS variables ``tokens.css`` of the explorables; a test regenerates both, measures contrast on the light and the dark page, and
measures how far apart the colours stay for readers who do not see red or green.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType

__all__ = ["color", "dark", "neutral", "tokens", "use"]

HERE = Path(__file__).parent
tokens: dict[str, dict[str, dict[str, str]]] = json.loads((HERE / "tokens.json").read_text(encoding="utf-8"))

color = MappingProxyType({name: shades["light"] for name, shades in tokens["roles"].items()})
"""Role -> colour on a white figure: ``theory``, ``simulation``, ``dense``, ``typical``, ``unsat``, ``sat``."""

dark = MappingProxyType({name: shades["dark"] for name, shades in tokens["roles"].items()})
"""The same roles on a dark page."""

neutral = MappingProxyType({name: shades["light"] for name, shades in tokens["neutrals"].items()})
"""What carries no meaning: ``page``, ``panel``, ``text``, ``muted``, ``axis``, ``grid``."""


def use() -> None:
    """Set Matplotlib's parameters to the book's style and, in a notebook, figures to PNG at twice the pixels.

    Figures have a white background. The book shows each also as the dark page needs it: a twin that the build makes, in the roles' dark colours.

    Examples
    --------
    >>> from learnscape import style
    >>> style.use()
    >>> style.color["theory"]
    '#3570c8'
    """
    import matplotlib.style

    matplotlib.style.use(HERE / "learnscape.mplstyle")
    try:
        from IPython.core.getipython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # outside a notebook there is nothing to set
        return
    shell = get_ipython()
    if shell is not None and hasattr(shell, "kernel"):
        set_matplotlib_formats("retina")  # type: ignore[no-untyped-call]
