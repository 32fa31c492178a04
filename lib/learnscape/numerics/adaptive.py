r"""Gaussian averages of functions that bend sharply at places nobody names.

*Problem.* :math:`\int Dx\,F(x)` where F may have steps and peaks of any width, such as the mean of one weight in a strong random field.
Panels of 16 Gauss-Legendre nodes are halved until the halves agree with the whole. The functions are averaged together and a panel is halved
until all agree, so that a narrow peak is found where it comes with a step in another function, as a variance does with its mean.
Chapter *numerics toolbox*.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from learnscape.errors import ConvergenceError, require
from learnscape.numerics.legendre import legendre

__all__ = ["gaussian_average"]

Array = NDArray[np.float64]
NODES, WEIGHTS = legendre(16)
# Not symmetric: a step at 0 must not fall on the border or the middle of a panel, where both rules agree by chance.
PANELS = np.linspace(-9.137, 9.059, 13)
AGREE = 2e-15  # of the average of the absolute value
RESOLVED = (
    1e-8  # of the panel's own part: the halves are then right to rounding, as 16 nodes gain 2^-32 a halving
)
NARROWEST = 1e-14
MOST = 5_000
NOISE = 1e-7  # of an average: what may disagree where the functions' own rounding stops the halving
SHRINKS = 1e-3  # where nodes resolve a function, halving a panel lowers the disagreement by far more; where rounding is left, it does not

TINY = 1e-300

Function = Callable[[Array], Array]


def _panels(
    function: Function, noise: Callable[[Array, Array], Array] | None, left: Array, right: Array
) -> tuple[Array, Array, Array]:
    """Integrals of every function over every panel, (k, p), those of the absolute values, and those of the rounding errors."""
    half = 0.5 * (right - left)
    x = (0.5 * (left + right))[:, None] + half[:, None] * NODES
    w = half[:, None] * WEIGHTS * np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)
    flat = np.asarray(function(x.ravel()))
    require(
        flat.ndim == 2 and flat.shape[1] == x.size, "the shape of function(x)", flat.shape, f"(k, {x.size})"
    )
    values = flat.reshape(-1, *x.shape)
    size = np.einsum("kpn,pn->kp", np.abs(values), w)
    rough = np.zeros_like(size)
    if noise is not None:
        rough = np.einsum("kpn,pn->kp", noise(x.ravel(), flat).reshape(values.shape), w)
    return np.einsum("kpn,pn->kp", values, w), size, rough


def gaussian_average(function: Function, noise: Callable[[Array, Array], Array] | None = None) -> Array:
    """Average functions of a standard Gaussian x.

    Parameters
    ----------
    function : callable
        Takes x, shape (n,), and returns the values of k functions there, finite, shape (k, n).
    noise : callable, optional
        Takes x and these values, and returns about how large their rounding errors are, shape (k, n): halves may differ by so much where halving no longer helps.

    Returns
    -------
    ndarray of shape (k,)
        Each right to about 1e-14 of the average of its absolute value, or to the noise.

    Raises
    ------
    ValueError
        The function returns another shape.
    ConvergenceError
        The halves of the panels do not come to agree: the functions are noisy or not integrable.

    Examples
    --------
    >>> step, square = gaussian_average(lambda x: np.stack([np.tanh(1e6 * (x - 1)), x**2]))
    >>> round(float(step), 9), round(float(square), 12)  # the first is 1 - 2 P(x < 1)
    (-0.682689492, 1.0)
    """
    left, right = PANELS[:-1], PANELS[1:]
    whole, size, _ = _panels(function, noise, left, right)
    before = np.full(whole.shape, np.inf)
    total, scale = np.zeros(whole.shape[0]), size.sum(axis=1)
    count = left.size
    given_up = np.zeros_like(scale)
    while left.size:
        middle = 0.5 * (left + right)
        n = left.size
        ends = np.concatenate([left, middle]), np.concatenate([middle, right])
        halves, size, rough = _panels(function, noise, *ends)
        scale = np.maximum(scale, size.sum(axis=1))
        both = halves[:, :n] + halves[:, n:]
        tolerance = np.maximum(AGREE * scale[:, None], RESOLVED * (size[:, :n] + size[:, n:]))
        error = np.abs(both - whole)
        rounding = (error > SHRINKS * before) & (error <= rough[:, :n] + rough[:, n:])
        good = ((error <= tolerance) | rounding).all(axis=0) | (right - left < NARROWEST)
        total += both[:, good].sum(axis=1)
        given_up += np.where(rounding & good, error, 0.0).sum(axis=1)
        bad = ~good
        left, right = np.concatenate([left[bad], middle[bad]]), np.concatenate([middle[bad], right[bad]])
        count += left.size
        if count > MOST:
            worst = float((error[:, bad].sum(axis=1) / scale).max())
            if worst < NOISE:
                return total + both[:, bad].sum(axis=1)
            message = f"a Gaussian average needs more than {MOST} panels: its function is noisy"
            raise ConvergenceError(message, [worst])
        whole = np.concatenate([halves[:, :n][:, bad], halves[:, n:][:, bad]], axis=1)
        before = np.concatenate([error[:, bad], error[:, bad]], axis=1)
    worst = float((given_up / np.maximum(scale, TINY)).max())
    if worst > NOISE:
        raise ConvergenceError("a Gaussian average is lost in the rounding errors of its function", [worst])
    return total
