"""Spectra of Hessians: the edge of the perceptron's, and what the prestress of ReLU networks can do. Chapter *hessian-spectra*.

Our sides are measurements on samples of finite size with fixed seeds; the tolerance is about three times their error.
"""

from __future__ import annotations

from typing import Any

from learnscape.ledger.entries._words import RECALLED, STORAGE
from learnscape.ledger.entry import Entry

CHAPTER: dict[str, Any] = {"chapter": "hessian-spectra", "known": RECALLED}
UNSAT = STORAGE + "; quadratic cost of the unsatisfied patterns, c of them per weight"
HINGE = "fully-connected ReLU network, quadratic hinge loss; N counts the weights without biases"


def _theory() -> float:
    from learnscape import Margin, Spherical
    from learnscape.replica import unsat

    return unsat.solve(Spherical(), Margin(1.0), 3.0).edge


def _hessians(n: int, alpha: float, kappa: float, draws: int) -> list[Any]:
    from learnscape.jamming import perceptron
    from learnscape.patterns import random_patterns

    found = []
    for seed in range(draws):
        patterns = random_patterns(round(alpha * n), n, kind="gaussian", rng=seed)
        found.append(perceptron.hessian(perceptron.minimise(patterns, kappa, rng=seed)))
    return found


def _edge() -> float:
    from learnscape.jamming import spectra

    return spectra.edge([one.eigenvalues for one in _hessians(200, 3.0, 1.0, 24)]).value


def _marginal() -> float:
    """Edge of the law at N = 48 and 144, extrapolated in N^(-2/3)."""
    import numpy as np

    small, large = (
        np.mean([one.edge for one in _hessians(n, 8.0, -0.5, draws)]) for n, draws in ((48, 120), (144, 40))
    )
    ratio = (144 / 48) ** (2 / 3)
    return float((ratio * large - small) / (ratio - 1))


def _prestress(depth: int, width: int, seed: int) -> tuple[Any, int]:
    import numpy as np

    from learnscape.jamming import networks

    network = networks.HingeNetwork(width, width, depth, rng=seed)
    x, y = networks.random_data(3 * network.n_weights, width, rng=100 + seed)
    return np.linalg.eigvalsh(network.hessian(x, y).Hp), network.n_weights


def _trace() -> float:
    import numpy as np

    values, _ = _prestress(3, 12, 1)
    return float(abs(values.sum()) / np.abs(values).sum())


def _c0() -> float:
    from learnscape.jamming import spectra

    shares = []
    for seed in range(3):
        values, n = _prestress(3, 14, seed)
        shares.append(spectra.levels(values).negative[0] / n)
    return float(sum(shares) / 3)


ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="spectra-perceptron-edge",
        quantity="Smallest eigenvalue of the perceptron's Hessian beyond capacity, margin 1, load 3",
        symbol="λ_min",
        recalled="(√c - 1)² - ζ",
        formula=_theory,
        paper="franz2015universal",
        where="equation number not known",
        conventions=UNSAT,
        compute=_edge,
        method="edge of 24 spectra at N = 200, extrapolated",
        result="perceptron-beyond",
        tolerance=0.04,
        note="c and ζ on the recalled side are those of the replica-symmetric solution, which is stable here.",
        **CHAPTER,
    ),
    Entry(
        id="spectra-perceptron-marginal",
        quantity="The same edge at minima of the non-convex perceptron, margin -1/2, load 8",
        symbol="(√c - 1)² - ζ",
        recalled="0",
        exact=True,
        paper="franz2015universal",
        where="not known",
        conventions=UNSAT,
        compute=_marginal,
        method="c and ζ measured at N = 48 (120 samples) and 144 (40), straight line in N^(-2/3)",
        result="perceptron-marginal",
        tolerance=0.009,
        note="Marginality follows from full replica symmetry breaking; any minimum that a minimiser finds is used here.",
        **CHAPTER,
    ),
    Entry(
        id="spectra-trace",
        quantity="Trace of the prestress of a ReLU network over the sum of the sizes of its eigenvalues",
        symbol="Tr H_p",
        recalled="0",
        exact=True,
        paper="geiger2019jamming",
        where="not known",
        conventions=HINGE,
        compute=_trace,
        method="exact Hessian, three hidden layers, d = h = 12",
        result="prestress",
        tolerance=1e-13,
        **CHAPTER,
    ),
    Entry(
        id="spectra-c0",
        quantity="Negative eigenvalues of the prestress per weight, three hidden layers",
        symbol="C_0",
        recalled="0.5",
        paper="geiger2019jamming",
        where="not known",
        conventions=HINGE,
        compute=_c0,
        method="exact Hessian at initial parameters, d = h = 14, three samples",
        result="prestress-share",
        tolerance=0.005,
        note="At generic weights: exactly (1 + min(d+1, h))/(d + h + 1) for two hidden layers and 1/(d + 1) for one. At smooth stationary points at most min(d, h-1)/(d + h + 1), and 0.",
        **CHAPTER,
    ),
)
