"""What the library puts into pages: the ES module with its style sheet, and its sources in ``js/``."""

from __future__ import annotations

from pathlib import Path

__all__ = ["assets"]


def assets() -> dict[str, Path]:
    """File name -> path of what a static page loads once: the ES module (``type=module``) and its style sheet.

    Examples
    --------
    >>> sorted(assets())
    ['learnscape.css', 'learnscape.js']
    """
    static = Path(__file__).parent / "static"
    return {name: static / name for name in ("learnscape.js", "learnscape.css")}
