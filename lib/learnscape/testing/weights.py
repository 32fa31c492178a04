"""The laws of weights; see :mod:`learnscape.testing`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from learnscape.errors import require
from learnscape.testing._laws import SLOPE, STEP, difference, law, must
from learnscape.weights import Weights
from learnscape.weights.contract import local

__all__ = ["check_weights"]

Array = NDArray[np.float64]
FIELDS = np.array([-30.0, -7.0, -2.0, -0.6, -0.01, 0.0, 0.02, 0.5, 1.7, 6.0, 40.0])
PRECISIONS = (0.05, 0.4, 1.0, 6.0)
FIELD_STRENGTHS = (1e-8, 1e-3, 0.3, 2.0, 25.0, 1e4)


def check_weights(weights: Weights) -> None:
    """Check that weights keep the contract of :class:`~learnscape.weights.Weights`.

    Parameters
    ----------
    weights : Weights

    Raises
    ------
    AssertionError
        With the law that is broken, the place, and both sides of it.
    ValueError
        What is given are no weights.

    Examples
    --------
    >>> from learnscape import Binary, Discrete
    >>> check_weights(Discrete((-1, 0, 1)))
    >>> class Careless(Binary):
    ...     def overlap(self, q_hat):
    ...         return super().overlap(q_hat) ** 2
    >>> check_weights(Careless())
    Traceback (most recent call last):
        ...
    AssertionError: Careless(): overlap is not that of local: at q_hat = 1e-08, 1e-16, expected 1e-08
    """
    allowed = "an instance of a Weights class such as Spherical() or Binary()"
    require(isinstance(weights, Weights), "weights", weights, allowed)
    for precision in PRECISIONS:
        _check_local(weights, precision)
    if weights.self_overlap is not None:
        _check_averages(weights, float(weights.self_overlap))


def _local(weights: Weights, field: Array, precision: float) -> tuple[Array, Array, Array]:
    try:
        return local(weights, field, np.full(field.shape, precision))
    except ValueError as error:
        raise AssertionError(
            f"{weights!r}: local is no triple of finite real arrays with variance >= 0: {error}"
        ) from None


def _check_local(weights: Weights, precision: float) -> None:
    """Derivatives in field and precision, arrays, and symmetry."""
    log_z, mean, variance = _local(weights, FIELDS, precision)
    both = weights.local(FIELDS[:, None], np.array([precision, 2.0 * precision]))
    for name, part, column in zip(
        ("ln Z", "the mean", "the variance"), (log_z, mean, variance), both, strict=True
    ):
        good = np.shape(column) == (FIELDS.size, 2)
        must(
            good,
            f"{weights!r}: {name} has the shape {np.shape(column)} for field {(FIELDS.size, 1)} and precision (2,)",
        )
        close = np.abs(column[:, 0] - part) <= 1e-12 * (1.0 + np.abs(part))
        law(
            weights,
            f"{name} for an array of precisions differs",
            "field",
            FIELDS,
            precision,
            column[:, 0],
            part,
            close,
        )
    h = STEP
    steps = [_local(weights, FIELDS + k * h, precision) for k in (-2, -1, 1, 2)]
    noise = 3e-15 / h * (1.0 + np.abs(log_z) + np.abs(mean * FIELDS))
    slope = difference([part[0] for part in steps], h)
    law(
        weights,
        "the mean is not the derivative of ln Z",
        "field",
        FIELDS,
        precision,
        mean,
        slope,
        np.abs(mean - slope) <= SLOPE * (np.abs(mean) + variance) + noise,
    )
    noise = 3e-15 / h * (1.0 + np.abs(mean))
    bend = difference([part[1] for part in steps], h)
    law(
        weights,
        "the variance is not the derivative of the mean",
        "field",
        FIELDS,
        precision,
        variance,
        bend,
        np.abs(variance - bend) <= SLOPE * (variance + np.abs(mean)) + noise,
    )
    s = STEP * precision
    values = [_local(weights, FIELDS, precision + k * s)[0] for k in (-2, -1, 1, 2)]
    rate, square = -2.0 * difference(values, s), variance + mean * mean
    noise = 3e-15 / s * (1.0 + np.abs(log_z) + np.abs(mean * FIELDS))
    law(
        weights,
        "the mean square is not -2 times the derivative of ln Z by the precision",
        "field",
        FIELDS,
        precision,
        square,
        rate,
        np.abs(square - rate) <= SLOPE * (1.0 + square) + noise,
    )
    mirrored = _local(weights, -FIELDS, precision)[0]
    even = bool(np.allclose(log_z, mirrored, rtol=1e-9, atol=1e-12))
    must(
        weights.symmetric == even,
        f"{weights!r}: symmetric is {weights.symmetric}, but ln Z is {'' if even else 'not '}even in the field",
    )


def _check_averages(weights: Weights, self_overlap: float) -> None:
    """The averages already taken against those of local, and their limits."""
    must(
        math.isfinite(self_overlap) and self_overlap > 0.0,
        f"{weights!r}: self_overlap = {self_overlap!r} is no number > 0",
    )
    unit = 1.0 / self_overlap
    for strength in FIELD_STRENGTHS:
        q_hat = strength * unit
        precision = Weights.precision(weights, q_hat)
        exact = Weights.moments(weights, q_hat, precision)
        v = weights.one_minus_overlap(q_hat)
        entropic = exact.log_z + 0.5 * (precision * self_overlap - q_hat * v)
        if not weights.discrete:
            entropic -= Weights._entropy(weights, 0.0, self_overlap)
        pairs = (
            ("overlap", weights.overlap(q_hat), exact.q),
            ("one_minus_overlap", v, exact.v),
            ("fluctuation", weights.fluctuation(q_hat), exact.fluctuation),
            ("entropic_term", weights.entropic_term(q_hat, v), entropic),
        )
        for name, found, expected in pairs:
            size = abs(expected) + (1e-2 * (1.0 + math.sqrt(strength)) if name == "entropic_term" else 0.0)
            good = abs(found - expected) <= 1e-9 * size
            must(
                good,
                f"{weights!r}: {name} is not that of local: at q_hat = {q_hat:g}, {found:.6g}, expected {expected:.6g}",
            )
        good = abs(weights.overlap(q_hat) + v - self_overlap) <= 1e-9 * self_overlap
        must(
            good,
            f"{weights!r}: overlap and one_minus_overlap at q_hat = {q_hat:g} do not add up to the self-overlap {self_overlap:g}",
        )
        q = weights.overlap(q_hat)
        if 0.0 < q < 0.999 * self_overlap:
            back = weights.q_hat(q)
            must(
                abs(back - q_hat) <= 1e-6 * q_hat,
                f"{weights!r}: q_hat is not the inverse of overlap: at q = {q:.6g}, {back:.6g}, expected {q_hat:.6g}",
            )
    zero = weights.entropic_term(0.0, weights.one_minus_overlap(0.0))
    must(
        abs(zero - weights.annealed_entropy) <= 1e-9 * (1.0 + abs(zero)),
        f"{weights!r}: annealed_entropy = {weights.annealed_entropy!r} is not the entropic term without a field, {zero:.6g}",
    )
    if weights.symmetric:
        must(
            abs(weights.overlap(0.0)) <= 1e-12 * self_overlap,
            f"{weights!r}: the overlap without a field is {weights.overlap(0.0):.6g}, expected 0",
        )
    limit = float(Weights.limit_q_hat.fget(weights))  # type: ignore[attr-defined]
    must(
        abs(weights.limit_q_hat - limit) <= 1e-6 * limit,
        f"{weights!r}: limit_q_hat = {weights.limit_q_hat!r} is not the limit of q_hat (Q-q)^2, {limit:.6g}",
    )
