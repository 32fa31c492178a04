"""Local entropy: where dense regions end, by the estimators of groups of y replicas. Chapter *local-entropy*."""

from __future__ import annotations

import math

from learnscape.ledger.entries._words import BINARY, UNPUBLISHED
from learnscape.ledger.entry import Entry


def _infinite() -> float:
    from learnscape import Binary, Margin
    from learnscape.replica import local_entropy

    return local_entropy.threshold(Binary(), Margin(0.0), y=math.inf).alpha


def _value() -> float:
    from learnscape import Binary, Margin
    from learnscape.replica import local_entropy

    return local_entropy.solve(Binary(), Margin(0.0), 0.6, 0.1, y=math.inf).entropy


ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="le-infinite",
        quantity="Binary weights: load at which the local entropy of groups, y → ∞, stops being monotone in the distance",
        symbol="α_LE (y → ∞)",
        paper="",
        where="own value",
        known=UNPUBLISHED,
        conventions="κ = 0; estimator: y → ∞, a formal limit with negative external entropy; " + BINARY,
        compute=_infinite,
        method="slope first zero below the typical distance, replica-symmetric between groups",
        note="The estimator of zero external entropy gives 0.774, that around solutions of largest margin 0.729.",
        chapter="local-entropy",
        result="local-entropy-binary",
        tolerance=1e-7,
    ),
    Entry(
        id="le-value",
        quantity="Binary weights: local entropy at mutual distance 0.1, α = 0.6, y → ∞",
        symbol="S_I (y → ∞)",
        paper="",
        where="own value",
        known=UNPUBLISHED,
        conventions="κ = 0; estimator: y → ∞, a formal limit with negative external entropy; " + BINARY,
        compute=_value,
        method="replica-symmetric between groups",
        chapter="local-entropy",
        result="local-entropy-binary",
        tolerance=1e-8,
    ),
)
