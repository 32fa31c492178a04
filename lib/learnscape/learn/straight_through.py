r"""Binary weights learned by gradients that pass straight through the sign (BinaryNet).

Behind each weight w = sign h stands a real number h, |h| <= 1. The loss of a pattern,

.. math::  \frac{\ln(1+e^{-2\gamma\Delta})}{2\gamma},

falls with the output :math:`\Delta` (its label folded in): linearly below zero, and like :math:`e^{-2\gamma\Delta}` above. Of one perceptron
:math:`\Delta=w\cdot\xi/\sqrt N`. The gradient with respect to w is applied to h, as if the sign between them were the identity (*straight-through estimator*),
and h is cut back to [-1, 1].

A committee's output :math:`\Delta=K^{-1/2}\sum_k\mathrm{sign}\,u_k`, :math:`u_k=w_k\cdot\xi_k/\sqrt n`, has a second sign. Its derivative is zero wherever it exists; in the gradient a
surrogate stands for it, :math:`1/\cosh^2(3u_k/2)`, as if the sign were a soft step. So units near their threshold learn most. A window that ends (*hard tanh*) would
leave a pattern without gradient once all its wrong units are far off.

Nothing here looks for dense regions: what is found, and up to which load, is the work of the loss, whose margin 1/gamma sets, and of the noise of the batches.
M. Courbariaux, I. Hubara, D. Soudry, R. El-Yaniv and Y. Bengio (2016). Chapter *dense-algorithms*.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import is_finite, require
from learnscape.learn._input import as_patterns, as_positive_integer
from learnscape.learn._packed import signs_or_none
from learnscape.learn._run import Run, search
from learnscape.learn.committee import MACHINES, Committee, fields_of_parts, minorities
from learnscape.learn.stability import TIE
from learnscape.numerics.gaussian import tanh_kernel
from learnscape.numerics.jit import kernel, widest_vectors
from learnscape.numerics.rng import generator

__all__ = ["binary_net"]

Array = NDArray[np.float64]
LARGEST = 1e9  # of patterns, gamma and step: single precision holds their products
STEEPNESS = 1.5  # of the soft step that stands for a hidden unit's sign in the gradient


def binary_net(
    patterns: ArrayLike,
    *,
    committee: Committee | None = None,
    gamma: float = 8.0,
    batch: int = 30,
    step: float = 0.5,
    max_epochs: int = 300,
    rng: int | np.random.Generator | None = None,
    progress: bool = False,
) -> Run:
    """Search for binary weights that satisfy every pattern, by straight-through gradients.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Real numbers of order one (at most 1e9), or +1 and -1; labels folded in.
    committee : Committee, optional
        The machine that learns; left out, one perceptron.
    gamma : float
        Steepness of the loss, in (0, 1e9]. Small ones ask of every pattern alike, and learn little.
    batch : int
        Patterns in one step.
    step : float
        h moves by step / sqrt(n) times the sum of the batch's gradients, in (0, 1e9].
    max_epochs : int
        Budget, in sweeps over the patterns.
    rng : int or numpy.random.Generator, optional
        Start and orders.
    progress : bool
        Show a bar: epochs of the budget, fewest errors.

    Returns
    -------
    Run
        ``.trace`` counts the errors after each epoch. A field of one perceptron that is exactly zero satisfies; an undecided committee errs.

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> xi = random_patterns(300, 1001, rng=1)
    >>> run = binary_net(xi, rng=1)
    >>> run.solved, bool((xi @ run.weights > 0).all())
    (True, True)
    """
    xi = as_patterns(patterns)
    require(committee is None or isinstance(committee, Committee), "committee", committee, MACHINES)
    machine = Committee(1, shared=True) if committee is None else committee
    units, n = machine.shape(xi.shape[1])
    sizes = np.abs(xi)
    largest = float(sizes.max())
    require(largest <= LARGEST, "largest entry of patterns", largest, f"at most {LARGEST:g}")
    allowed = f"a number in (0, {LARGEST:g}]"
    require(is_finite(gamma) and 0.0 < gamma <= LARGEST, "gamma", gamma, allowed)
    size = as_positive_integer("batch", batch)
    require(is_finite(step) and 0.0 < step <= LARGEST, "step", step, allowed)
    budget = as_positive_integer("max_epochs", max_epochs)
    random = generator(rng)
    parts = machine.parts(xi)
    x = np.ascontiguousarray(parts, np.float32)
    h = random.uniform(-1.0, 1.0, (units, n)).astype(np.float32)

    seen = parts if signs_or_none(xi) is None else x  # whose sums are exact
    rounding = -TIE * sizes.sum(axis=1)

    def errors() -> int:
        fields = fields_of_parts(seen, _signs(h).astype(seen.dtype))
        return minorities(fields) if committee is not None else int(np.count_nonzero(fields[0] < rounding))

    def epoch(now: slice, part: Array) -> tuple[int, int]:
        _learn(h, x, random.permutation(len(xi)), size, float(gamma), step / math.sqrt(n))
        part[0] = errors()
        return 1, int(part[0])

    def weights() -> Array:
        w = _signs(h).astype(np.float64)
        return w[0] if committee is None else w

    return search(epoch, weights, budget=budget, batch=1, progress=progress)


def _signs(h: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(h > 0.0, np.float32(1.0), np.float32(-1.0))


@kernel
def _learn(h: Any, x: Any, order: Any, size: Any, gamma: Any, rate: Any) -> None:
    """A step on each batch of ``size`` patterns, taken in this order from what the units see, (K or 1, P, n)."""
    widest_vectors()
    units, n = h.shape
    own = 1 if len(x) > 1 else 0  # does each unit have its own patterns?
    root, several = math.sqrt(n), math.sqrt(units)
    w, gradient, u = np.empty_like(h), np.empty_like(h), np.empty(units)
    for start in range(0, order.size, size):
        for k in range(units):
            for i in range(n):
                w[k, i] = np.float32(1.0) if h[k, i] > 0.0 else np.float32(-1.0)
                gradient[k, i] = np.float32(0.0)
        for mu in order[start : start + size]:
            votes = 0.0
            for k in range(units):
                u[k] = np.dot(x[own * k, mu], w[k]) / root
                votes += np.sign(u[k])
            output = u[0] if units == 1 else votes / several
            force = 0.5 - 0.5 * tanh_kernel(
                gamma * output
            )  # 1/(1 + e^(2 gamma Delta)), minus the slope of the loss
            for k in range(units):
                slope = 1.0 if units == 1 else (1.0 - tanh_kernel(STEEPNESS * u[k]) ** 2) / several
                push, row = np.float32(force * slope), x[own * k, mu]
                for i in range(n):
                    gradient[k, i] += push * row[i]
        for k in range(units):
            for i in range(n):
                moved = h[k, i] + np.float32(rate) * gradient[k, i]
                h[k, i] = min(max(moved, np.float32(-1.0)), np.float32(1.0))
