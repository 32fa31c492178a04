r"""How flat the training error is around a network: the local energy under multiplicative noise, with the norms held.

Every weight and bias is multiplied by :math:`1+\sigma z`, z normal, and every layer is scaled back to its norm. The network is normalised before
(:func:`~learnscape.learn.continuous.symmetries.normalised`), so that the answer does not depend on how scales are spread over its units. It is no property of the
function alone: units that are never on, or a unit split into two equal ones, change it. Chapter *realistic-networks*.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import real_array, require
from learnscape.fully_connected import as_sizes
from learnscape.fully_connected.minibatches import HINGE, loss_and_errors
from learnscape.learn._input import as_positive_integer
from learnscape.learn.continuous._input import as_parameters, as_patterns
from learnscape.learn.continuous.symmetries import normalised
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator
from learnscape.numerics.threads import one_thread
from learnscape.results import by_identity

__all__ = ["LocalEnergy", "local_energy"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LARGEST = 1e100  # noise beyond is nothing but noise, and its squares must be representable


@by_identity
class LocalEnergy(NamedTuple):
    """Errors of a network whose weights are perturbed."""

    sigma: FloatArray
    """Sizes of the noise."""
    energy: FloatArray
    """Mean fraction of patterns on the wrong side, less that of the network itself."""
    error: FloatArray
    """Standard error of that mean, over the draws of the noise."""
    unperturbed: float
    """Fraction of patterns on the wrong side for the network itself."""


@kernel
def _perturbed(parameters: Any, sizes: Any, sigma: Any, random: Any, noisy: Any) -> None:
    """The parameters times 1 + sigma z, each layer with its old norm."""
    first = 0
    for l in range(1, sizes.size):
        last = first + sizes[l] * (sizes[l - 1] + 1)
        old, new = 0.0, 0.0
        for i in range(first, last):
            noisy[i] = parameters[i] * (1.0 + sigma * random.standard_normal())
            old += parameters[i] * parameters[i]
            new += noisy[i] * noisy[i]
        scale = np.sqrt(old / new) if new > 0.0 else 1.0
        for i in range(first, last):
            noisy[i] *= scale
        first = last


@kernel
def _energies(
    parameters: Any, sizes: Any, sigmas: Any, blocks: Any, labels: Any, random: Any, fractions: Any
) -> None:
    noisy = np.empty(parameters.size)
    for draw in range(fractions.shape[0]):
        for s in range(sigmas.size):
            _perturbed(parameters, sizes, sigmas[s], random, noisy)
            fractions[draw, s] = loss_and_errors(noisy, sizes, blocks, labels, HINGE, 0.0)[1] / labels.size


@one_thread
def local_energy(
    parameters: ArrayLike,
    sizes: Sequence[int] | IntArray,
    x: ArrayLike,
    y: ArrayLike,
    sigmas: ArrayLike = (0.1, 0.2, 0.3, 0.4, 0.5),
    draws: int = 50,
    rng: int | np.random.Generator | None = None,
) -> LocalEnergy:
    """Mean growth of the training error when weights are multiplied by 1 + sigma z, norms of the layers held.

    Parameters
    ----------
    parameters : array_like, shape (n_parameters,)
    sizes : sequence of int
        (d, n_1, ..., n_L, 1).
    x, y : array_like, shapes (P, d) and (P,)
        Patterns and labels +1, -1.
    sigmas : float or array_like
        Sizes of the noise, in [0, 1e100].
    draws : int
        Networks drawn for each, >= 2.
    rng : int or numpy.random.Generator, optional

    Returns
    -------
    LocalEnergy

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> from learnscape.learn.continuous import train
    >>> from learnscape.real_data import digits
    >>> data = digits(10, train=300)
    >>> run = train((10, 20, 1), data.x_train, data.y_train, rng=1)
    >>> found = local_energy(run.parameters, (10, 20, 1), data.x_train, data.y_train, [0.0, 0.1, 0.5], rng=1)
    >>> float(found.energy[0]), bool(found.energy[1] < found.energy[2])
    (0.0, True)
    """
    n = as_sizes(sizes)
    data = as_patterns(n, x, y)
    vector = normalised(as_parameters("parameters", parameters, n), n)
    wanted = np.array(real_array("sigmas", sigmas), ndmin=1)
    bad = wanted[(wanted < 0.0) | (wanted > LARGEST)]
    require(bad.size == 0, "sigmas", float(bad[0]) if bad.size else sigmas, f"numbers in [0, {LARGEST:g}]")
    require(wanted.ndim == 1 and wanted.size > 0, "the shape of sigmas", wanted.shape, "(number of sigmas,)")
    times = as_positive_integer("draws", draws)
    require(times >= 2, "draws", draws, "an integer >= 2")
    fractions = np.empty((times, wanted.size))
    _energies(vector, n, wanted, data.blocks, data.labels, generator(rng), fractions)
    alone = loss_and_errors(vector, n, data.blocks, data.labels, HINGE, 0.0)[1] / data.labels.size
    return LocalEnergy(
        wanted, fractions.mean(axis=0) - alone, fractions.std(axis=0, ddof=1) / math.sqrt(times), float(alone)
    )
