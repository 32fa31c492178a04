"""Which names the library promises, and under which paths each may be documented; read from the library, without Sphinx."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def public_names(package: str = "learnscape") -> dict[str, set[str]]:
    """``module.name`` of every entry of every public ``__all__`` -> the full names under which it may be documented."""
    names = [package]
    names += [
        info.name for info in pkgutil.walk_packages(importlib.import_module(package).__path__, package + ".")
    ]
    found: dict[str, set[str]] = {}
    modules = {}
    for name in names:
        if not any(part.startswith("_") for part in name.split(".")):
            modules[name] = importlib.import_module(name)
    for name, module in modules.items():
        for public in getattr(module, "__all__", ()):
            value = getattr(module, public)
            if isinstance(value, ModuleType) or public == "__version__":
                continue
            same = {
                f"{other}.{public}"
                for other, holder in modules.items()
                if getattr(holder, public, None) is value
            }
            found[f"{name}.{public}"] = same
    return found
