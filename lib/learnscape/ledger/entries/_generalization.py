"""Test error across the transition: the price of early stopping, and how fast networks of different initial weights agree. Chapter *generalization*."""

from __future__ import annotations

import math

from learnscape.ledger.entries._words import READ
from learnscape.ledger.entry import Entry


def _stopping_against_ridge() -> float:
    """Largest ratio over u = s tau of the variance terms of gradient flow and of a ridge 1/tau: ((1 - e^-u)(1 + u)/u)^2."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda u: math.expm1(-u) * (1 + u) / u, bounds=(0.1, 20), method="bounded", options={"xatol": 1e-11}
    )
    return float(found.fun) ** 2


def _fluctuation_exponent() -> float:
    """Slope of ln fluctuation against ln N between widths 16 and 64: digits, P = 150, two layers, 8 networks on each of three splits."""
    import numpy as np

    from learnscape.jamming.networks import HingeNetwork, annealed, train
    from learnscape.patterns import digits

    slopes = []
    for split in range(3):
        data = digits(10, train=150, rng=split)
        logs = []
        for width in (16, 64):
            rate = 3e-3 * min(1.0, 48 / width)
            schedule = annealed(rate, steps=40_000, final=1e-3 * rate)
            outputs = []
            for member in range(8):
                network = HingeNetwork(10, width, 2, rng=member)
                run = train(network, data.x_train, data.y_train, steps=40_000, learning_rate=schedule)
                outputs.append(run.network.output(data.x_test))
            logs.append((math.log(network.n_weights), math.log(np.var(outputs, axis=0, ddof=1).mean()) / 2))
        (n0, f0), (n1, f1) = logs
        slopes.append((f1 - f0) / (n1 - n0))
    return float(np.mean(slopes))


ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="early-stopping-against-ridge",
        quantity="Least squares: largest ratio of the error of stopped gradient flow to that of a ridge λ = 1/τ, noise not counted",
        symbol="ratio",
        published="1.69",
        paper="ali2019continuous",
        where="abstract",
        conventions="gradient flow from zero for a time τ; the same features and data for both",
        known=READ,
        compute=_stopping_against_ridge,
        method="maximum over the eigenvalues of the ratio of the two filters, squared",
        result="early-stopping",
        chapter="generalization",
        note="A bound for every data set; for new inputs it holds on average over the signal. The abstract prints 'no more than 1.69'.",
    ),
    Entry(
        id="fluctuation-exponent",
        quantity="Fluctuation of a network's output over initial weights, as a power of the number of weights",
        symbol="d ln ‖f - f̄‖ / d ln N",
        published="-1/4",
        formula=lambda: -0.25,
        paper="geiger2020scaling",
        where="abstract",
        conventions="fully-connected networks of fixed depth beyond the transition; there MNIST and CIFAR, here small digits",
        known=READ,
        compute=_fluctuation_exponent,
        method="widths 16 and 64, 150 digits with true labels, 8 networks on each of three splits",
        result="fluctuations",
        tolerance=0.01,
        chapter="generalization",
        note="Two sizes only, so that the ledger can train the networks anew; the three splits give -0.24, -0.22 and -0.21. The law is asymptotic in "
        "the size of the network, and these are small. In the chapter other windows and labels give -0.33 to -0.27.",
    ),
)
