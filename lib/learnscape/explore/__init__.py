"""Explorables: one kernel behind a slider, live in JupyterLab, in the static page and, as a picture, anywhere else.

Use one in a chapter as ``from learnscape.explore import gardner_capacity; gardner_capacity()``. ``core.py`` says how one is made,
and its file goes into the folder of its part; type checkers read the names in ``__init__.pyi``.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from learnscape.explore.core import Explorable
from learnscape.explore.hosts import explorable
from learnscape.explore.registry import REGISTRY, names

__all__ = ["REGISTRY", "Explorable", "explorable", "names", *names()]


def __getattr__(name: str) -> Any:
    """The factory of an explorable, imported now and not before: a page depends on the files of what it shows."""
    if name in REGISTRY:
        return REGISTRY[name]
    close = get_close_matches(name, names(), n=1)
    guess = f"; did you mean {close[0]!r}?" if close else ""
    raise AttributeError(f"module {__name__!r} has no explorable {name!r}{guess}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
