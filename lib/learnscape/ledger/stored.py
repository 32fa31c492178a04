"""Results of long computations that stand beside the chapters, for entries and exercises that compare with them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["stored"]


@cache
def stored(name: str) -> Any:
    """What the script ``chapters/data/<name>.py`` wrote.

    Raises
    ------
    FileNotFoundError
        If neither the library nor the working directory stands in a copy of the book.

    Examples
    --------
    >>> stored("deep_jamming")["jump"]["provenance"]["command"]
    'python chapters/data/deep_jamming.py jump'
    """
    here = Path.cwd()
    for root in (Path(__file__).parents[3], here, *here.parents):
        file = root / "chapters" / "data" / f"{name}.json"
        if file.is_file():
            return json.loads(file.read_text(encoding="utf-8"))
    raise FileNotFoundError(
        f"chapters/data/{name}.json is not here: this number needs a copy of the book, not only the library"
    )
