r"""When a training run is decided: the virial, a sign of every stationary point, and the decay of the loss.

*Virial.* The output is linear in its last layer (w, b): f = w . df/dw + b df/db. Take the derivative of the loss along that layer itself,

    sum over (w, b) of parameter * dLoss/dparameter = - (1/P) sum_mu Delta_mu y_mu f(x_mu) = - (1/P) sum_mu Delta_mu (eps - Delta_mu),

the sums over unsatisfied patterns. At a stationary point it is 0, so with a positive loss

    V = sum_mu Delta_mu^2 / (eps sum_mu Delta_mu) = 1.

The last layer is smooth also where preactivations vanish, so kinks don't matter. V = 1 is necessary, not sufficient: at *any* weights that leave
a pattern misclassified some multiple of the last layer gives it. It forbids a loss that goes to zero through minima: one Delta must
reach eps.

*Decay.* The exponent - d ln Loss / d ln step over the second half of the run is near 0 where the loss has stopped falling.

A run is *stuck* only if |V - 1| < 0.01 and the loss has stopped; otherwise it is *undecided*, and more steps are needed.

Chapter: ``jamming/deep-networks``.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import as_real, is_number, require
from learnscape.fully_connected.blocks import finite

__all__ = ["decay", "outcome", "virial"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Outcome = Literal["satisfied", "stuck", "undecided", "diverged"]

STOPPED = 0.05  # decay exponent below which the loss has stopped falling
STATIONARY = 0.01  # largest |V - 1| of a run that is called stuck


def virial(deltas: ArrayLike, *, margin: float = 1.0) -> float | None:
    """V = sum Delta^2 / (margin sum Delta) over the positive Delta, or None if there are none.

    V = 1 at every stationary point of the loss (see the module): a necessary sign of a minimum, not a sufficient one. V < 1 says that a
    larger last layer lowers the loss, V > 1 that a smaller one does.

    Parameters
    ----------
    deltas : array_like, shape (P,)
        Delta_mu = margin - y_mu f(x_mu), finite.
    margin : float

    Examples
    --------
    A network that answers 0 to everything has Delta = margin throughout; one misclassified pattern among satisfied ones:

    >>> virial([1.0, 1.0]), virial([-0.5, 1.4, 0.0]), virial([-0.5, 0.0])
    (1.0, 1.4, None)
    """
    number = is_number(margin) and math.isfinite(margin) and margin > 0
    require(number, "margin", margin, "a finite number > 0")
    values = as_real("deltas", deltas, "real numbers, shape (P,)")
    require(values.ndim == 1, "deltas.shape", values.shape, "(P,)")
    if not len(finite("deltas", values)) or values.max() <= 0:
        return None
    worst = float(values.max())
    part = np.maximum(values, 0.0) / worst  # in units of the largest: no square overflows or vanishes
    value = worst / float(margin) * float(np.square(part).sum() / part.sum())
    require(math.isfinite(value), "V", value, "finite: the deltas are too large for the margin")
    return value


def decay(step: IntArray, loss: FloatArray) -> float:
    """-d ln loss / d ln step between half the last step and the last one; inf for a run too short to tell."""
    half = int(np.searchsorted(step, step[-1] / 2))
    if len(step) < 20 or half >= len(step) - 1 or loss[-1] <= 0:
        return math.inf
    return float(-np.log(loss[-1] / loss[half]) / np.log(step[-1] / step[half]))


def outcome(v: float | None, decay_exponent: float) -> Outcome:
    """The verdict on a run with a finite loss.

    Examples
    --------
    >>> outcome(None, math.inf), outcome(1.002, 0.01), outcome(0.46, 0.01), outcome(1.002, 0.3)
    ('satisfied', 'stuck', 'undecided', 'undecided')
    """
    if v is None:
        return "satisfied"
    return "stuck" if abs(v - 1) < STATIONARY and decay_exponent < STOPPED else "undecided"
