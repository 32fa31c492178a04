"""The searches behind the first records, all of :mod:`learnscape.learn`: something to begin from, and to beat."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from learnscape.challenge.series import Instance
from learnscape.challenge.solutions import encode, verify
from learnscape.constraints import SymmetricMargin
from learnscape.errors import require
from learnscape.learn import SEARCHES, Run

__all__ = ["METHODS", "solve"]

METHODS: dict[str, tuple[str, ...]] = {"asymmetric": tuple(SEARCHES), "symmetric": ("reinforced_bp",)}
"""Names of the searches by family."""


def solve(instance: Instance, method: str, **settings: Any) -> Run:
    """Run one of the searches of the family, with its own keywords; in the symmetric family under its constraint.

    A search may be given another margin than the instance has (a larger one leads to flatter solutions): errors are counted again by the instance's demand.

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
    committee = settings.get("committee")
    require(committee is None, "committee", committee, "left out: one perceptron solves an instance")
    if instance.family == "symmetric":  # half way to the first integer that is violated
        settings.setdefault("constraint", SymmetricMargin((instance.bounds[1] + 1) / math.sqrt(instance.n)))
    run = SEARCHES[method](instance.patterns(), **settings)
    violated = verify(instance, encode(run.weights)).violated
    return replace(run, solved=violated == 0, n_errors=violated)
