"""The hidden-teacher model of paper A: two transitions and the errors, each with its estimator. Chapter *overparameterization*."""

from __future__ import annotations

import math
from typing import Any

from learnscape.ledger.entries._words import UNPUBLISHED
from learnscape.ledger.entry import Entry


def _interpolation() -> float:
    from learnscape.replica import hidden

    return 1.0 / hidden.interpolation_point(3.0)


def _local_entropy() -> float:
    from learnscape.replica import hidden

    return 1.0 / hidden.local_entropy_point(3.0, y=math.inf).alpha


def _ratio() -> float:
    from learnscape.replica import hidden

    return float(hidden.phase_diagram([3.0]).ratio[0])


def _typical_error() -> float:
    from learnscape.replica import hidden

    return hidden.solve(0.25, 3.0).generalization_error


def _dense_error() -> float:
    from learnscape.replica import hidden

    return hidden.dense(0.25, 3.0, 0.02).generalization_error


HIDDEN: dict[str, Any] = {
    "paper": "baldassi2022learning",
    "where": "stated in words in the abstract; figures not read",
    "known": UNPUBLISHED,
    "conventions": "binary teacher and student, centred sign features of Gaussian inputs, P/D = 3, κ = 0",
    "chapter": "overparameterization",
}
ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="hidden-interpolation",
        quantity="Hidden teacher: weights per pattern at the interpolation point",
        symbol="N/P",
        compute=_interpolation,
        method="zero of the replica-symmetric entropy",
        result="hidden-interpolation",
        note="Abstract: a first transition, where solutions begin to exist.",
        **HIDDEN,
    ),
    Entry(
        id="hidden-local-entropy",
        quantity="Hidden teacher: weights per pattern from which the local entropy grows at every distance",
        symbol="N/P (y → ∞)",
        compute=_local_entropy,
        method="one step of breaking with y → ∞; external entropy negative there",
        result="hidden-local-entropy",
        tolerance=1e-6,
        note="Abstract: after a gap, a second, discontinuous transition. Other estimators would give other digits.",
        **HIDDEN,
    ),
    Entry(
        id="hidden-ratio",
        quantity="Hidden teacher: ratio of the loads of the two transitions",
        symbol="α_LE/α_c (y → ∞)",
        compute=_ratio,
        method="quotient of the two rows above",
        result="hidden-local-entropy",
        tolerance=1e-6,
        **HIDDEN,
    ),
    Entry(
        id="hidden-typical-error",
        quantity="Hidden teacher: error of a typical student at N/P = 4",
        symbol="ε_g",
        compute=_typical_error,
        method="replica-symmetric",
        result="hidden-interpolation",
        **HIDDEN,
    ),
    Entry(
        id="hidden-dense-error",
        quantity="Hidden teacher: error of a student in the densest regions, at mutual distance 0.02, N/P = 4",
        symbol="ε_g (y → ∞)",
        compute=_dense_error,
        method="one step of breaking with y → ∞",
        result="hidden-local-entropy",
        note="Abstract: the wide regions have good generalization properties.",
        **HIDDEN,
    ),
)
