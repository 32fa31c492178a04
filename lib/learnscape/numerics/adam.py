r"""Adam, gradient descent with a step of its own for every coordinate: one inlined step that a small driver kernel repeats.

Running means of the slope, :math:`m\leftarrow\beta_1m+(1-\beta_1)g`, and of its square, :math:`s\leftarrow\beta_2s+(1-\beta_2)g^2`, are divided
by :math:`1-\beta_1^t` and :math:`1-\beta_2^t`, because they start at zero; then :math:`x\leftarrow x-\eta\,m/(\sqrt s+\epsilon)`. Kingma and
Ba, ICLR 2015 (arXiv:1412.6980), with their :math:`\beta_1=0.9`, :math:`\beta_2=0.999`, :math:`\epsilon=10^{-8}`. Chapter: jamming/deep-networks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.jit import inlined

__all__ = ["adam_step"]

FloatArray = NDArray[np.float64]

BETA1, BETA2, SMALL = 0.9, 0.999, 1e-8


@inlined
def adam_step(
    x: FloatArray, slope: FloatArray, rate: float, mean: FloatArray, square: FloatArray, powers: FloatArray
) -> None:
    """Move the coordinates ``x`` (n,) one step, given the slope (n,) there.

    ``mean`` and ``square`` (n,) start at 0 and remember; ``powers`` (2,) holds the powers of beta1 and beta2 and starts at 1.

    Examples
    --------
    The first step is as long as the rate in every coordinate, whatever the slope.

    >>> import numpy as np
    >>> x, mean, square, powers = np.zeros(2), np.zeros(2), np.zeros(2), np.ones(2)
    >>> adam_step(x, np.array([3.0, -0.01]), 0.1, mean, square, powers)
    >>> x.round(6)
    array([-0.1,  0.1])
    """
    powers[0] *= BETA1
    powers[1] *= BETA2
    step = rate / (1.0 - powers[0])
    root = 1.0 / (1.0 - powers[1])
    for i in range(x.size):
        mean[i] = BETA1 * mean[i] + (1.0 - BETA1) * slope[i]
        square[i] = BETA2 * square[i] + (1.0 - BETA2) * slope[i] * slope[i]
        x[i] -= step * mean[i] / (np.sqrt(square[i] * root) + SMALL)
