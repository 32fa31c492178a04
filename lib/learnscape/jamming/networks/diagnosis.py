r"""What kind of point a training run ended in: dead layers, kinks, and the counts of the stability argument.

*Dead layers.* If all neurons of one hidden layer are off for a pattern, the output there depends on no weight at or below that layer: the
pattern is *flat*. All flat patterns of a layer share their output, so two with opposite labels can never both be satisfied. A narrow network
trained too hard ends in this state, which has nothing to do with jamming; such patterns must be counted apart.

*Kinks.* The gradient jumps where a preactivation vanishes. A minimum may sit on a kink: no smooth minimum, but stable all the same. It shows
as unsatisfied patterns with preactivations much closer to zero than the smooth density of all preactivations allows.

*Counts.* H0 has rank at most N_Delta and stabilises at most so many directions. At a smooth minimum the negative directions of Hp, N_minus of
them, must be among those: N_Delta >= N_minus + 1. Masks are taken as they are. Where they make the gradient vanish, N_minus + N_plus <= N, so the
ratio C_0 = N_minus / N is at most 1/2 for a symmetric spectrum; at other weights, and at end points on kinks, it may exceed 1/2.

Reference: M. Geiger et al., Physical Review E 100, 012115 (2019). Chapters: ``jamming/deep-networks``, ``jamming/hessian-spectra``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape import fully_connected
from learnscape.errors import require
from learnscape.jamming.networks.model import HingeNetwork

__all__ = ["Diagnosis", "Stability", "diagnose", "n_effective", "stability"]

FloatArray = NDArray[np.floating]

ZERO = 1e-9  # eigenvalues below this fraction of the largest count as zero
KINKS = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)


@dataclass(frozen=True)
class Diagnosis:
    """Dead layers and kinks of a network on its data, from :func:`diagnose`."""

    n_flat: int
    """Patterns for which at least one hidden layer is off altogether."""
    n_flat_unsatisfied: int
    """How many of the unsatisfied patterns are flat: they are no constraints of the jamming kind."""
    n_dead_neurons: int
    """Hidden neurons that are off for every pattern."""
    n_errors: int
    """Misclassified patterns, y f <= 0. If there is none, a larger last layer satisfies every pattern."""
    kinks: tuple[tuple[float, int, float], ...]
    """For several thresholds t: t, the number of pairs (unsatisfied pattern, hidden neuron) whose preactivation is below t times the root mean
    square of its layer, and the number expected from the density of preactivations below 0.1."""
    message: str
    """What to make of it, in words."""


@dataclass(frozen=True, eq=False)
class Stability:
    """Spectra of H, H0 and Hp and the counts made from them, from :func:`stability`."""

    total: FloatArray
    """Eigenvalues of H = H0 + Hp, ascending."""
    h0: FloatArray
    """Eigenvalues of H0, ascending."""
    hp: FloatArray
    """Eigenvalues of Hp, ascending."""
    n_unsatisfied: int
    """N_Delta."""
    rank: int
    """Rank of H0: the number of independent directions that the unsatisfied patterns stabilise."""
    zero_modes: int
    """n_parameters - rank: dimension of the kernel of H0 (the rescaling of every hidden neuron included)."""
    n_minus: int
    """N_minus: negative eigenvalues of Hp on the masks as they are, more than a smooth stationary point can have where the gradient is not zero."""
    n_plus: int
    """Positive eigenvalues of Hp."""
    n_negative: int
    """Negative eigenvalues of H: 0 at a smooth minimum."""
    c0: float
    """C_0 = N_minus / N with N the number of weights."""


def diagnose(network: HingeNetwork, x: ArrayLike, y: ArrayLike) -> Diagnosis:
    """Count flat patterns, dead neurons, misclassified patterns and kinks.

    Parameters
    ----------
    network : HingeNetwork
    x : array_like, shape (P, d)
    y : array_like, shape (P,)

    Examples
    --------
    A network of width 2 leaves some patterns without any active neuron from the start:

    >>> from learnscape.jamming.networks import random_data
    >>> report = diagnose(HingeNetwork(5, 2, 3, rng=1), *random_data(100, 5, rng=2))
    >>> report.n_flat > 0, "too narrow" in report.message
    (True, True)
    """
    require(isinstance(network, HingeNetwork), "network", network, "a HingeNetwork")
    delta = network.delta(x, y)
    unsatisfied = delta > 0
    hidden = fully_connected.activations(network.parameters, network.sizes, x)[:-1]
    flat = np.zeros(len(delta), dtype=bool)
    dead = 0
    scaled = []
    for values in hidden:
        on = values > 0
        flat |= ~on.any(axis=1)
        alive = on.any(axis=0)
        dead += int((~alive).sum())
        size = np.sqrt(np.square(values).mean()) or 1.0
        scaled.append(np.abs(values[np.ix_(unsatisfied, alive)]).ravel() / size)
    near = np.sort(np.concatenate(scaled))
    smooth = float(np.searchsorted(near, 0.1)) / 0.1
    kinks = tuple((t, int(np.searchsorted(near, t)), smooth * t) for t in KINKS)
    flat_unsatisfied = int((flat & unsatisfied).sum())
    errors = int((delta >= network.margin).sum())
    return Diagnosis(
        n_flat=int(flat.sum()),
        n_flat_unsatisfied=flat_unsatisfied,
        n_dead_neurons=dead,
        n_errors=errors,
        kinks=kinks,
        message=_words(int(flat.sum()), flat_unsatisfied, dead, errors, int(unsatisfied.sum())),
    )


def _words(flat: int, flat_unsatisfied: int, dead: int, errors: int, unsatisfied: int) -> str:
    parts = []
    if flat_unsatisfied:
        parts.append(
            f"{flat_unsatisfied} of {unsatisfied} unsatisfied patterns switch off a whole layer and have no gradient below it: "
            "the network is too narrow for its data, or the learning rate too large"
        )
    elif flat:
        parts.append(f"{flat} patterns switch off a whole layer, none of them unsatisfied")
    if dead:
        parts.append(f"{dead} neurons are off for every pattern and do not learn")
    if unsatisfied and not errors:
        parts.append(
            "no pattern is misclassified: multiplying the last layer by a constant satisfies all of them"
        )
    return "; ".join(parts) or "no dead layers or neurons"


def stability(network: HingeNetwork, x: ArrayLike, y: ArrayLike) -> Stability:
    """Diagonalise the two parts of the Hessian and count what the stability argument needs.

    Takes three times the time of one ``eigvalsh`` of the size of the parameter vector.

    Examples
    --------
    >>> from learnscape.jamming.networks import random_data
    >>> counts = stability(HingeNetwork(6, 6, 1, rng=1), *random_data(200, 6, rng=2))
    >>> counts.n_minus == counts.n_plus, counts.rank <= counts.n_unsatisfied
    (True, True)
    """
    require(isinstance(network, HingeNetwork), "network", network, "a HingeNetwork")
    n_unsatisfied = int((network.delta(x, y) > 0).sum())
    split = network.hessian(x, y)
    h0, hp = np.linalg.eigvalsh(split.H0), np.linalg.eigvalsh(split.Hp)
    total = np.linalg.eigvalsh(split.total)
    scale = max(float(np.abs(hp).max()), 1e-300) * ZERO
    rank = int((h0 > ZERO * max(float(h0[-1]), 1e-300)).sum())
    n_minus = int((hp < -scale).sum())
    return Stability(
        total=total,
        h0=h0,
        hp=hp,
        n_unsatisfied=n_unsatisfied,
        rank=rank,
        zero_modes=network.n_parameters - rank,
        n_minus=n_minus,
        n_plus=int((hp > scale).sum()),
        n_negative=int((total < -ZERO * max(float(np.abs(total).max()), 1e-300)).sum()),
        c0=n_minus / network.n_weights,
    )


def n_effective(network: HingeNetwork, x: ArrayLike) -> int:
    """Number of independent directions in which the outputs on x can be changed: the rank of the Jacobian.

    With many patterns it saturates at n_parameters minus the number of hidden neurons that are on for some of them and off for others:
    one direction of each is its rescaling, which changes no output.

    Examples
    --------
    >>> from learnscape.jamming.networks import random_data
    >>> network = HingeNetwork(6, 6, 2, rng=1)
    >>> n_effective(network, random_data(400, 6, rng=2).x), network.n_parameters - network.n_hidden
    (79, 79)
    """
    require(isinstance(network, HingeNetwork), "network", network, "a HingeNetwork")
    rows = network.jacobian(x)
    rows = np.ldexp(rows, -np.frexp(np.abs(rows).max())[1])  # squares neither overflow nor vanish
    gram = rows @ rows.T if len(rows) < rows.shape[1] else rows.T @ rows
    values = np.linalg.eigvalsh(gram)
    return int((values > ZERO * max(float(values[-1]), 1e-300)).sum())
