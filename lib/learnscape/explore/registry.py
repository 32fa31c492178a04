"""Which explorables there are: the files of the folders of the parts, imported one at a time.

The explorable ``discs`` is the function ``discs`` of ``jamming/discs.py``. Names are unique over all parts. Only the file of the
explorable asked for is imported, so a page depends on those that it shows; a file whose name starts with ``_`` is none.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from learnscape.explore.hosts import Hosted

__all__ = ["PARTS", "REGISTRY", "names"]

HERE = Path(__file__).parent
PARTS = ("start", "capacity", "jamming", "replicas", "dense")
"""Folders with explorables, as the parts of the book are called."""


@cache
def _part_of() -> dict[str, str]:
    """Name -> part."""
    found: dict[str, str] = {}
    for part in PARTS:
        for module in pkgutil.iter_modules([str(HERE / part)]):
            if not module.name.startswith("_"):
                assert module.name not in found, f"{module.name} is in {part} and in {found[module.name]}"
                found[module.name] = part
    return dict(sorted(found.items()))


def names() -> list[str]:
    """Names of all explorables, in alphabetical order; nothing is imported.

    Examples
    --------
    >>> "gardner_capacity" in names()
    True
    """
    return list(_part_of())


class _Registry(Mapping[str, Callable[[], Hosted]]):
    """Name -> factory; a file is imported when its explorable is looked up."""

    def __getitem__(self, name: str) -> Callable[[], Hosted]:
        module = importlib.import_module(f"{__package__}.{_part_of()[name]}.{name}")
        factory: Callable[[], Hosted] = getattr(module, name)
        return factory

    def __iter__(self) -> Iterator[str]:
        return iter(_part_of())

    def __len__(self) -> int:
        return len(_part_of())


REGISTRY: Mapping[str, Callable[[], Hosted]] = _Registry()
"""Name -> factory of every explorable of the book."""
