"""Jamming at finite size: states in which no particle, weight or parameter can move without violating a constraint."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from learnscape.jamming import double_descent, ellipses, networks, packings, perceptron, spectra

__all__ = ["double_descent", "ellipses", "networks", "packings", "perceptron", "spectra"]


def __getattr__(name: str) -> Any:
    """A system that jams, imported now and not before: a page about one does not depend on the files of the others."""
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
