"""The laws of a constraint; see :mod:`learnscape.testing`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import Constraint, checked_terms
from learnscape.errors import require
from learnscape.testing._laws import SLOPE, STEP, difference, law, must

__all__ = ["check_constraint"]

Array = NDArray[np.float64]
VARIANCES = (1e-4, 1e-2, 0.2, 1.0, 3.0)
SHARP = 1e-9  # a variance so small that -2 V f is the squared distance


def check_constraint(constraint: Constraint) -> None:
    """Check that a constraint keeps the contract of :class:`~learnscape.constraints.Constraint`.

    Parameters
    ----------
    constraint : Constraint

    Raises
    ------
    AssertionError
        With the law that is broken, the place, and both sides of it.
    ValueError
        What is given is no constraint.

    Examples
    --------
    >>> from learnscape import Margin
    >>> check_constraint(Margin(0.3))
    >>> class Careless(Margin):
    ...     def terms(self, omega, variance):
    ...         f, g, dg = super().terms(omega, variance)
    ...         return f, -g, dg
    >>> check_constraint(Careless(0.0))
    Traceback (most recent call last):
        ...
    AssertionError: Careless(kappa=0.0): g is not the derivative of f: at omega = -9, variance = 0.0001, g = -90000.1, expected 90000.1
    """
    allowed = "an instance of a Constraint class such as Margin(0.0)"
    require(isinstance(constraint, Constraint), "constraint", constraint, allowed)
    _check_sets(constraint)
    for variance in VARIANCES:
        omega = _means(constraint, variance)
        terms = _terms(constraint, omega, variance)
        _check_arrays(constraint, omega, variance, terms)
        _check_derivatives(constraint, omega, variance, terms)
        _check_mass(constraint, variance)
    omega = _means(constraint, 1.0)
    f = _terms(constraint, omega, SHARP)[0]
    distance = np.asarray(constraint.squared_distance(omega))
    error = np.abs(-2.0 * SHARP * f - distance)
    law(
        constraint,
        "-2 V f does not tend to the squared distance",
        "omega",
        omega,
        SHARP,
        -2.0 * SHARP * f,
        distance,
        error < 1e-6 * (1.0 + distance),
    )


def _check_sets(constraint: Constraint) -> None:
    """Edges, allowed, squared_distance and symmetric tell of one set."""
    edges = np.asarray(constraint.edges, dtype=float)
    must(
        edges.ndim == 1 and bool(np.isfinite(edges).all()),
        f"{constraint!r}: edges = {constraint.edges!r} are no finite numbers",
    )
    points = np.unique(np.concatenate([np.linspace(-9.0, 9.0, 181), edges, edges - 0.013, edges + 0.013]))
    inside, square = np.asarray(constraint.allowed(points)), np.asarray(constraint.squared_distance(points))
    good = np.shape(inside) == points.shape and np.asarray(inside).dtype == bool
    must(good, f"{constraint!r}: allowed must return truth values of the shape of the stabilities")
    law(
        constraint,
        "the squared distance is not 0 just where the stability is allowed",
        "stability",
        points,
        None,
        square,
        np.where(inside, 0.0, 1.0),
        (square == 0.0) == inside,
    )
    nearest = np.min((points[:, None] - edges) ** 2, axis=1, initial=math.inf)
    right = inside | (np.abs(square - nearest) <= 1e-9 * (1.0 + nearest))
    law(
        constraint,
        "the squared distance is not that to the nearest edge",
        "omega",
        points,
        None,
        square,
        nearest,
        right,
    )
    mirrored = np.asarray(constraint.allowed(-points))
    must(
        constraint.symmetric or not np.array_equal(inside, mirrored),
        f"{constraint!r}: every mirrored stability is judged alike, but symmetric is False: solvers then do not look at q = 0 by itself",
    )
    if constraint.symmetric:
        differs = "symmetric is True, but the mirrored stability is judged differently"
        law(
            constraint,
            differs,
            "stability",
            points,
            None,
            inside.astype(np.float64),
            mirrored.astype(np.float64),
            inside == mirrored,
        )


def _means(constraint: Constraint, variance: float) -> Array:
    """Means omega on both sides of everything that happens, and far away."""
    fields, width = constraint.bends(variance)
    around = [field + width * k for field in fields for k in (-6.0, -1.3, -0.2, 0.3, 1.1, 5.0)]
    return np.unique(np.concatenate([np.linspace(-9.0, 9.0, 19), around]))


def _terms(constraint: Constraint, omega: Array, variance: float) -> tuple[Array, Array, Array]:
    try:
        return checked_terms(constraint, omega, variance)
    except ValueError as error:
        raise AssertionError(
            f"{constraint!r}: the terms are no finite real arrays with f <= 0: {error}"
        ) from None


def _check_arrays(
    constraint: Constraint, omega: Array, variance: float, terms: tuple[Array, Array, Array]
) -> None:
    """An array of variances gives what one variance gives."""
    both = constraint.terms(omega[:, None], np.array([variance, 2.0 * variance]))
    for name, part, column in zip(("f", "g", "dg"), terms, both, strict=True):
        good = np.shape(column) == (omega.size, 2)
        must(
            good,
            f"{constraint!r}: {name} has the shape {np.shape(column)} for omega {(omega.size, 1)} and variance (2,)",
        )
        close = np.abs(column[:, 0] - part) <= 1e-12 * (1.0 + np.abs(part))
        law(
            constraint,
            f"{name} for an array of variances differs",
            "omega",
            omega,
            variance,
            column[:, 0],
            part,
            close,
        )
    if constraint.symmetric:
        f = constraint.terms(-omega, variance)[0]
        even = np.abs(f - terms[0]) <= 1e-11 * (1.0 + np.abs(f))
        law(constraint, "symmetric is True, but f is not even", "omega", omega, variance, f, terms[0], even)


def _check_derivatives(
    constraint: Constraint, omega: Array, variance: float, terms: tuple[Array, Array, Array]
) -> None:
    f, g, dg = terms
    h = STEP * constraint.bends(variance)[1]
    steps = [_terms(constraint, omega + k * h, variance) for k in (-2, -1, 1, 2)]
    noise = 1e-16 / STEP * (1.0 + np.abs(f) + np.abs(g * omega)) / constraint.bends(variance)[1]
    slope = difference([part[0] for part in steps], h)
    scale = np.abs(g) + math.sqrt(variance) * np.abs(dg)
    law(
        constraint,
        "g is not the derivative of f",
        "omega",
        omega,
        variance,
        g,
        slope,
        np.abs(g - slope) <= SLOPE * scale + 30.0 * noise,
    )
    bend = difference([part[1] for part in steps], h)
    noise = 1e-15 / STEP * (1e-3 / math.sqrt(variance) + np.abs(g)) / constraint.bends(variance)[1]
    scale = np.abs(dg) + g * g + 1e-6 / variance
    law(
        constraint,
        "dg is not the derivative of g",
        "omega",
        omega,
        variance,
        dg,
        bend,
        np.abs(dg - bend) <= SLOPE * scale + 30.0 * noise,
    )
    s = STEP * constraint.bends(variance)[1] ** 2
    heat = 0.5 * (dg + g * g)
    values = [_terms(constraint, omega, variance + k * s)[0] for k in (-2, -1, 1, 2)]
    rate = difference(values, s)
    noise = 1e-16 * (1.0 + np.abs(f)) / s
    scale = np.abs(dg) + g * g + 1e-6 / variance
    law(
        constraint,
        "f breaks the heat equation df/dV = (dg + g^2)/2",
        "omega",
        omega,
        variance,
        heat,
        rate,
        np.abs(heat - rate) <= SLOPE * scale + 30.0 * noise,
    )


def _check_mass(constraint: Constraint, variance: float) -> None:
    """exp f is the Gaussian mass of the allowed set, by panels that end at the edges."""
    omega = np.linspace(-2.5, 2.5, 7)
    f = _terms(constraint, omega, variance)[0]
    nodes, weights = np.polynomial.legendre.leggauss(40)
    mass = np.empty_like(omega)
    root = math.sqrt(variance)
    for i, mean in enumerate(omega):
        edges = [e for e in constraint.edges if abs(e - mean) < 9.0 * root]
        cuts = np.unique(np.concatenate([mean + root * np.linspace(-9.0, 9.0, 7), edges]))
        half, middle = 0.5 * np.diff(cuts)[:, None], 0.5 * (cuts[1:] + cuts[:-1])[:, None]
        x = middle + half * nodes
        density = np.exp(-0.5 * (x - mean) ** 2 / variance) / (root * math.sqrt(2.0 * math.pi))
        mass[i] = float((half * weights * density * constraint.allowed(x)).sum())
    law(
        constraint,
        "exp f is not the Gaussian mass of the allowed set",
        "omega",
        omega,
        variance,
        np.exp(f),
        mass,
        np.abs(np.exp(f) - mass) < 1e-11,
    )
