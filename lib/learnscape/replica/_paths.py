"""Which path serves a pair of weights and constraint: the compiled one, or the generic one.

A subclass may take the compiled path of its parent if it overrides nothing that the path stands for. If it does, the generic path reads the
overrides, and says once for each pair of classes that it is slower.
"""

from __future__ import annotations

import warnings

from learnscape.constraints import Constraint, Margin
from learnscape.errors import SlowPathWarning
from learnscape.weights import Binary, Spherical, Weights
from learnscape.weights.contract import DERIVED

__all__ = ["behaves_as", "compiled_weights"]

WEIGHTS = ("local", "self_overlap", "discrete", *DERIVED)
CONSTRAINT = (
    "terms",
    "edges",
    "allowed",
    "squared_distance",
    "symmetric",
    "cusps",
    "bends",
    "log_partition",
    "annealed_log_probability",
)
_said: set[tuple[type, type]] = set()


def behaves_as(thing: Weights | Constraint, parent: type[Weights] | type[Constraint]) -> bool:
    """True if this is an instance of the class, or of a subclass that overrides nothing of the contract."""
    kind = type(thing)
    if kind is parent:
        return True
    names = WEIGHTS if issubclass(parent, Weights) else CONSTRAINT
    return issubclass(kind, parent) and all(getattr(kind, n) is getattr(parent, n) for n in names)


def compiled_weights(weights: Weights, constraint: Constraint) -> type[Binary] | type[Spherical] | None:
    """The class of weights whose compiled solver with Margin serves this pair; None if the generic path does."""
    kind = type(weights)
    if type(constraint) is Margin and (kind is Binary or kind is Spherical):
        return kind
    if not isinstance(constraint, Margin):
        return None
    parent: type[Binary] | type[Spherical]
    if isinstance(weights, Binary):
        parent = Binary
    elif isinstance(weights, Spherical):
        parent = Spherical
    else:
        return None
    if behaves_as(weights, parent) and behaves_as(constraint, Margin):
        return parent
    pair = (type(weights), type(constraint))
    if pair not in _said:
        _said.add(pair)
        warnings.warn(
            f"{pair[0].__name__} with {pair[1].__name__} overrides what the compiled solver of {parent.__name__} with Margin stands for: "
            "the generic path answers, about a hundred times slower",
            SlowPathWarning,
            stacklevel=3,
        )
    return None
