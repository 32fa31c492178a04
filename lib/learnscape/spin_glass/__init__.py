"""Floor 2: the toy models of spin glasses, solved and simulated. Energies in units of the couplings, temperatures with k_B = 1."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from learnscape.spin_glass import pspin, rem, sk

__all__ = ["pspin", "rem", "sk"]


def __getattr__(name: str) -> Any:
    """A model, imported now and not before: a page about one does not depend on the files of the others."""
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
