r"""Binary weights learned by gradients that pass straight through the sign (BinaryNet).

Behind each weight w = sign h stands a real number h, |h| <= 1. The loss of a pattern,

.. math::  \frac{\ln(1+e^{-2\gamma\Delta})}{2\gamma},

falls with the output :math:`\Delta` (its label folded in): linearly below zero, and like :math:`e^{-2\gamma\Delta}` above. Of one perceptron
:math:`\Delta=w\cdot\xi/\sqrt N`. The gradient with respect to w is applied to h, as if the sign between them were the identity (*straight-through estimator*),
and h is cut back to [-1, 1].

A committee's output :math:`\Delta=K^{-1/2}\sum_k\mathrm{sign}\,u_k`, :math:`u_k=w_k\cdot\xi_k/\sqrt n`, has a second sign. Its derivative is zero wherever it exists; in the gradient it is
replaced by a window, 1 for :math:`|u_k|<1/2` and else 0, as if the sign had a straight middle (*hard tanh*). So only units near their threshold learn.

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
from learnscape.learn._run import Run, search
from learnscape.learn.committee import MACHINES, Committee, fields_of_parts, minorities
from learnscape.numerics.rng import generator

__all__ = ["binary_net"]

Array = NDArray[np.float64]
WINDOW = 0.5  # half-width in which the sign of a hidden unit counts as a slope; 1 learns a little less


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
        Real numbers of order one, or +1 and -1; labels folded in.
    committee : Committee, optional
        The machine that learns; left out, one perceptron.
    gamma : float
        Steepness of the loss, > 0. Small ones ask of every pattern alike, and learn little.
    batch : int
        Patterns in one step.
    step : float
        h moves by step / sqrt(n) times the sum of the batch's gradients, > 0.
    max_epochs : int
        Budget, in sweeps over the patterns.
    rng : int or numpy.random.Generator, optional
        Start and orders.
    progress : bool
        Show a bar: epochs of the budget, fewest errors.

    Returns
    -------
    Run
        ``.trace`` counts the errors after each epoch. A pattern whose output is exactly zero is an error.

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
    require(is_finite(gamma) and gamma > 0.0, "gamma", gamma, "a finite number > 0")
    size = as_positive_integer("batch", batch)
    require(is_finite(step) and step > 0.0, "step", step, "a finite number > 0")
    budget = as_positive_integer("max_epochs", max_epochs)
    random = generator(rng)
    parts = machine.parts(xi)
    x = np.ascontiguousarray(parts, np.float32)
    h = random.uniform(-1.0, 1.0, (units, n)).astype(np.float32)

    def epoch(now: slice, part: Array) -> tuple[int, int]:
        order = random.permutation(len(xi))
        for start in range(0, len(xi), size):
            _learn(h, x[:, order[start : start + size]], gamma, step / math.sqrt(n))
        part[0] = minorities(fields_of_parts(parts, _signs(h).astype(np.float64)))
        return 1, int(part[0])

    def weights() -> Array:
        w = _signs(h).astype(np.float64)
        return w[0] if committee is None else w

    return search(epoch, weights, budget=budget, batch=1, progress=progress)


def _signs(h: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(h > 0.0, np.float32(1.0), np.float32(-1.0))


def _learn(h: NDArray[np.float32], x: NDArray[np.float32], gamma: float, rate: float) -> None:
    """One step on a batch, shape (K or 1, batch, n)."""
    units, n = h.shape
    u = fields_of_parts(x, _signs(h)) / np.float32(math.sqrt(n))
    if units == 1:
        push = _force(u, gamma)
    else:
        force = _force(np.sign(u).sum(axis=0) / math.sqrt(units), gamma)
        push = np.where(np.abs(u) < WINDOW, force / np.float32(math.sqrt(units)), np.float32(0.0))
    h += np.float32(rate) * np.matmul(push[:, None, :], x)[:, 0]
    np.clip(h, -1.0, 1.0, out=h)


def _force(output: NDArray[Any], gamma: float) -> NDArray[np.float32]:
    """Minus the derivative of the loss, 1/(1 + e^(2 gamma Delta))."""
    force: NDArray[np.float32] = (0.5 - 0.5 * np.tanh(gamma * output)).astype(np.float32)
    return force
