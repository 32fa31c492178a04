"""The searches behind the first records, all of :mod:`learnscape.learn`: something to begin from, and to beat."""

from __future__ import annotations

import math
from typing import Any

from learnscape.challenge.series import Instance
from learnscape.constraints import SymmetricMargin
from learnscape.errors import require
from learnscape.learn import SEARCHES, Run

__all__ = ["METHODS", "solve"]

METHODS: dict[str, tuple[str, ...]] = {"asymmetric": tuple(SEARCHES), "symmetric": ("reinforced_bp",)}
"""Names of the searches by family."""


def solve(instance: Instance, method: str, **settings: Any) -> Run:
    """Run one of the searches of the family, with its own keywords; in the symmetric family under its constraint.

    Examples
    --------
    >>> from learnscape.challenge import encode, find, verify
    >>> instance = find("asymmetric-1001-501")
    >>> verify(instance, encode(solve(instance, "sbpi", rng=1).weights)).solved
    True
    >>> solve(find("symmetric-1001-300"), "reinforced_bp", rate=0.1, rng=1).solved
    True
    """
    allowed = METHODS[instance.family]
    require(
        method in allowed, "method", method, f"one of {', '.join(allowed)} for the {instance.family} family"
    )
    if instance.family == "symmetric":  # half way to the first integer that is violated
        settings["constraint"] = SymmetricMargin((instance.bounds[1] + 1) / math.sqrt(instance.n))
    return SEARCHES[method](instance.patterns(), **settings)
