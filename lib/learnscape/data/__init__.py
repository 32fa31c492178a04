"""Results of long computations that the book shows, carried by the package: ``stored("packings_jamming")``.

A chapter's cells run in seconds. What takes hours is computed by a script in the book's ``chapters/data``, of the same name, and its
small result lies here, with seeds, sizes and samples beside the numbers. So a downloaded chapter, an installed ledger and every
check find it in whatever folder they run.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from learnscape.errors import require

__all__ = ["names", "stored"]


def names() -> list[str]:
    """Names of all stored results.

    Examples
    --------
    >>> "packings_jamming" in names()
    True
    """
    files = (file.name for file in resources.files(__name__).iterdir())
    return sorted(name.removesuffix(".json") for name in files if name.endswith(".json"))


def stored(name: str) -> Any:
    """What the script ``chapters/data/<name>.py`` wrote, read anew at each call: change it as you like.

    Parameters
    ----------
    name : str
        One of :func:`names`.

    Raises
    ------
    ValueError
        If nothing of that name is stored.

    Examples
    --------
    >>> stored("ellipses")["provenance"]["command"]
    'python chapters/data/ellipses.py'
    """
    require(name in names(), "name", name, f"one of {names()}")
    return json.loads(resources.files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8"))
