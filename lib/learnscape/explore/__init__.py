"""Explorables: one kernel behind a slider, live in JupyterLab, in the static page and, as a picture, anywhere else.

Use one in a chapter as ``from learnscape.explore import gardner_capacity; gardner_capacity()``. ``core.py`` says how one is made.
"""

from __future__ import annotations

from pathlib import Path

from learnscape.explore.core import REGISTRY, Explorable
from learnscape.explore.gardner_capacity import gardner_capacity
from learnscape.explore.learning_perceptron import learning_perceptron

__all__ = ["REGISTRY", "Explorable", "assets", "gardner_capacity", "learning_perceptron"]


def assets() -> dict[str, Path]:
    """File name -> path of what a static page loads once: the ES module (``type=module``) and its style sheet.

    Examples
    --------
    >>> sorted(assets())
    ['learnscape.css', 'learnscape.js']
    """
    static = Path(__file__).parent / "static"
    return {name: static / name for name in ("learnscape.js", "learnscape.css")}
