r"""The hinge network: a fully-connected ReLU network with the quadratic hinge loss, and its exact Hessian.

A pattern x_mu with label y_mu = +-1 is satisfied when y_mu f(x_mu) exceeds the margin eps. With

    Delta_mu = eps - y_mu f(x_mu),      Loss = (1/P) sum_mu max(0, Delta_mu)^2 / 2,

the loss vanishes exactly when every pattern is satisfied, as the energy of a packing vanishes when no two discs overlap: Delta_mu > 0
is an overlap, Delta_mu < 0 a gap. N_Delta is the number of unsatisfied patterns.

*Hessian.* With m the set of unsatisfied patterns,

    H = H0 + Hp,   H0 = (1/P) sum_{mu in m} grad Delta_mu grad Delta_mu^T,   Hp = (1/P) sum_{mu in m} Delta_mu grad grad Delta_mu.

Between kinks f is linear in the parameters of each single layer, so Hp has no entries within a layer (its trace vanishes). For a
pair of layers see :mod:`learnscape.fully_connected.second_derivatives`.

Reference: M. Geiger et al., "The jamming transition as a paradigm to understand the loss landscape of deep neural networks",
Physical Review E 100, 012115 (2019). Chapters: ``jamming/deep-networks``, ``jamming/hessian-spectra``.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.blas import dsyrk

from learnscape import fully_connected
from learnscape.errors import as_real, is_integer, is_number, require
from learnscape.fully_connected.backpropagation import fill_jacobian
from learnscape.fully_connected.blocks import finite
from learnscape.fully_connected.hinge import loss_and_gradient
from learnscape.fully_connected.second_derivatives import add_second_derivatives, mirror
from learnscape.numerics.rng import generator

__all__ = ["Hessian", "HingeNetwork", "LabelledPatterns", "normalised", "random_data"]

FloatArray = NDArray[np.float64]

CHUNK = 512  # patterns whose second derivatives are formed together


@dataclass(frozen=True, eq=False)
class LabelledPatterns:
    """Patterns with their labels, from :func:`random_data`; unpacks as ``x, y``."""

    x: FloatArray
    """Shape (P, d), every row of length sqrt(d)."""
    y: FloatArray
    """Shape (P,), +1 and -1 in turn."""

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter((self.x, self.y))


@dataclass(frozen=True, eq=False)
class Hessian:
    """The two parts of the Hessian of the loss, from :meth:`HingeNetwork.hessian`."""

    H0: FloatArray
    """Shape (n, n): the part of first derivatives, positive semi-definite, of rank at most N_Delta."""
    Hp: FloatArray
    """Shape (n, n): the part of second derivatives, proportional to the overlaps Delta; its trace is zero."""

    @property
    def total(self) -> FloatArray:
        """H0 + Hp."""
        return self.H0 + self.Hp


class HingeNetwork:
    """A fully-connected ReLU network with the quadratic hinge loss.

    Parameters
    ----------
    inputs : int
        Dimension d of the patterns.
    width : int or sequence of int
        Width h of the hidden layers; with a sequence, the width of each.
    depth : int, optional
        Number L of hidden layers; left out when ``width`` is a sequence.
    rng : int or numpy.random.Generator, optional
        Seed of the initial parameters: block-orthogonal weights, biases 0, the last layer multiplied by the margin.
    margin : float
        eps > 0. It only sets the scale: multiplying the last layer by c maps the margin eps to c eps.

    Examples
    --------
    >>> network = HingeNetwork(20, 30, 3, rng=1)
    >>> network.n_weights, network.n_parameters
    (2430, 2521)
    >>> x, y = random_data(100, 20, rng=2)
    >>> network.loss(x, y) == float((np.maximum(network.delta(x, y), 0) ** 2).mean() / 2)
    True
    """

    def __init__(
        self,
        inputs: int,
        width: int | tuple[int, ...] | list[int],
        depth: int | None = None,
        *,
        rng: int | np.random.Generator | None = None,
        margin: float = 1.0,
    ) -> None:
        one = is_integer(width)
        for name, value in (
            ("inputs", inputs),
            ("depth", depth if one else 1),
            ("width", width if one else 1),
        ):
            valid = is_integer(value) and value >= 1
            require(valid, name, value, "an integer >= 1")
        if one:
            widths = [int(width)] * int(depth or 0)  # type: ignore[arg-type]
        else:
            require(np.ndim(width) == 1, "width", width, "an integer >= 1 or a sequence of them")
            widths = list(width)  # type: ignore[arg-type]
            require(
                depth in (None, len(widths)), "depth", depth, f"None or {len(widths)}, the number of widths"
            )
        require(
            is_number(margin) and 1e-100 <= margin <= 1e100,
            "margin",
            margin,
            "a number from 1e-100 to 1e100, so that its square is one too; it only sets the scale",
        )
        self.margin = float(margin)
        self._sizes = fully_connected.as_sizes([inputs, *widths, 1])
        self._parameters = fully_connected.orthogonal_parameters(self._sizes, gain=self.margin, rng=rng)

    def __repr__(self) -> str:
        return f"HingeNetwork(inputs={self.inputs}, width={list(self.sizes[1:-1])}, margin={self.margin})"

    @property
    def sizes(self) -> tuple[int, ...]:
        """(d, n_1, ..., n_L, 1)."""
        return tuple(self._sizes.tolist())

    @property
    def inputs(self) -> int:
        """Dimension d of the patterns."""
        return self.sizes[0]

    @property
    def depth(self) -> int:
        """Number L of hidden layers."""
        return len(self.sizes) - 2

    @property
    def n_weights(self) -> int:
        """N of paper B: the weights alone, d h + (L - 1) h^2 + h for equal widths."""
        return fully_connected.count_weights(self._sizes)

    @property
    def n_parameters(self) -> int:
        """Weights and biases: the length n of the parameter vector."""
        return fully_connected.count_parameters(self._sizes)

    @property
    def n_hidden(self) -> int:
        """Number of hidden neurons. Each has a rescaling that leaves f unchanged: incoming weights and bias c, outgoing weights 1/c."""
        return sum(self.sizes[1:-1])

    @property
    def parameters(self) -> FloatArray:
        """The flat parameter vector, see :mod:`learnscape.fully_connected`. Assigning copies; the array itself may be changed in place."""
        return self._parameters

    @parameters.setter
    def parameters(self, values: ArrayLike) -> None:
        array = as_real("parameters", values, "real numbers")
        require(
            array.shape == (self.n_parameters,), "parameters.shape", array.shape, f"({self.n_parameters},)"
        )
        good = np.isfinite(array)
        if not good.all():
            at = int(np.argmin(good))
            require(False, f"parameters[{at}]", float(array[at]), "a finite number")
        self._parameters = array

    def layers(self) -> list[FloatArray]:
        """The matrices [W_l | b_l], views into the parameters."""
        return fully_connected.layers(self._parameters, self._sizes)

    def copy(self) -> HingeNetwork:
        """An independent network with the same parameters."""
        return copy.deepcopy(self)

    def output(self, x: ArrayLike) -> FloatArray:
        """Outputs f(x_mu), shape (P,), of patterns x of shape (P, d)."""
        return fully_connected.output(self._parameters, self._sizes, x)

    def delta(self, x: ArrayLike, y: ArrayLike) -> FloatArray:
        """Delta_mu = margin - y_mu f(x_mu), shape (P,): positive for unsatisfied patterns."""
        values = self.output(x)
        return self.margin - self._labels(y, len(values)) * values

    def loss(self, x: ArrayLike, y: ArrayLike) -> float:
        """(1/P) sum_mu max(0, Delta_mu)^2 / 2; raises ``ValueError`` where it overflows."""
        delta = self.delta(x, y)
        worst = float(delta.max())
        require(worst < 1e154, "max(Delta)", worst, "below 1e154, so that its square is a number")
        return float(np.square(np.maximum(delta, 0.0)).mean() / 2)

    def gradient(self, x: ArrayLike, y: ArrayLike) -> FloatArray:
        """Gradient of the loss, shape (n_parameters,)."""
        blocks, labels, p = self.prepare(x, y)
        total = np.empty(self.n_parameters)
        loss_and_gradient(self._parameters, self._sizes, blocks, labels, p, self.margin, total)
        return finite("gradient", total)

    def jacobian(self, x: ArrayLike) -> FloatArray:
        """Gradients of the outputs f(x_mu) as rows, shape (P, n_parameters)."""
        return fully_connected.jacobian(self._parameters, self._sizes, x)

    def hessian(self, x: ArrayLike, y: ArrayLike) -> Hessian:
        """The exact Hessian of the loss away from kinks, split into H0 + Hp.

        Examples
        --------
        >>> network = HingeNetwork(4, 5, 2, rng=1)
        >>> split = network.hessian(*random_data(30, 4, rng=2))
        >>> bool(abs(np.trace(split.Hp)) < 1e-14), bool(np.linalg.eigvalsh(split.H0)[0] > -1e-14)
        (True, True)
        """
        delta = self.delta(x, y)
        unsatisfied = delta > 0.0
        n, p = self.n_parameters, len(delta)
        first, second = np.zeros((n, n)), np.zeros((n, n))  # below the diagonal
        patterns = np.asarray(x, dtype=np.float64)[unsatisfied]
        weights = (-np.asarray(y, dtype=np.float64) * delta)[unsatisfied] / p
        rows = np.empty((min(CHUNK, len(patterns)), n))
        for start in range(0, len(patterns), CHUNK):
            some = slice(start, start + CHUNK)
            passes = fully_connected.backpropagated(self._parameters, self._sizes, patterns[some])
            gradients = fill_jacobian(passes, rows[: len(weights[some])])
            dsyrk(1 / p, gradients.T, beta=1.0, c=first.T, overwrite_c=True)
            add_second_derivatives(self._parameters, self._sizes, passes, weights[some], second)
        mirror(first)
        mirror(second)
        return Hessian(H0=finite("H0", first), Hp=finite("Hp", second))

    def prepare(self, x: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray, int]:
        """Patterns and labels in the form that the compiled loops take: blocks, labels of the same shape, and P."""
        inputs = fully_connected.as_inputs(x, self.inputs)
        blocks = fully_connected.as_blocks(inputs)
        labels = np.zeros((len(blocks), blocks.shape[2]))
        labels.ravel()[: len(inputs)] = self._labels(y, len(inputs))
        return blocks, labels, len(inputs)

    @staticmethod
    def _labels(y: ArrayLike, p: int) -> FloatArray:
        labels = as_real("y", y, "an array of labels +1 and -1, shape (P,)")
        require(labels.shape == (p,), "y.shape", labels.shape, f"({p},), one label for each pattern")
        wrong = np.abs(labels) != 1.0
        if wrong.any():
            at = int(np.argmax(wrong))
            require(False, f"y[{at}]", float(labels[at]), "+1 or -1")
        return labels


def normalised(x: ArrayLike) -> FloatArray:
    """Patterns as paper B feeds them: the mean over the set subtracted, then every pattern scaled to |x| = sqrt(d).

    Parameters
    ----------
    x : array_like, shape (P, d)

    Examples
    --------
    >>> normalised([[0.0, 1.0], [2.0, 3.0]]).tolist()
    [[-1.0, -1.0], [1.0, 1.0]]
    """
    shape = np.shape(x)
    require(
        len(shape) == 2 and min(shape) >= 1, "x.shape", shape, "two-dimensional (P, d), one pattern a row"
    )
    array = fully_connected.as_inputs(x, shape[1])
    # An exact division by a power of two: squares of very large or very small entries neither overflow nor vanish.
    array = np.ldexp(array, -math.frexp(float(np.abs(array).max()))[1])
    array = array - array.mean(axis=0)
    lengths = np.linalg.norm(array, axis=1)
    shortest = int(np.argmin(lengths))
    require(
        lengths[shortest] > 1e-15 * shape[1],  # what is left of a pattern equal to the mean is rounding error
        f"|x[{shortest}] - mean|",
        0.0,
        "> 0: a pattern equal to the mean has no direction",
    )
    return array * (math.sqrt(shape[1]) / lengths)[:, None]


def random_data(p: int, d: int, *, rng: int | np.random.Generator | None = None) -> LabelledPatterns:
    """Random patterns with random labels: nothing can be learned from them except by heart.

    Independent Gaussian entries, :func:`normalised`; the labels are +1, -1, +1, ... in turn and independent of the patterns.

    Parameters
    ----------
    p : int
        Number of patterns, at least 2.
    d : int
        Dimension.
    rng : int or numpy.random.Generator, optional
        Seed or generator.

    Examples
    --------
    >>> x, y = random_data(50, 8, rng=1)
    >>> x.shape, bool(np.allclose((x**2).sum(axis=1), 8)), float(y.sum())
    ((50, 8), True, 0.0)
    """
    for name, value, least in (("p", p, 2), ("d", d, 1)):
        valid = is_integer(value) and value >= least
        require(valid, name, value, f"an integer >= {least}")
    patterns = generator(rng).standard_normal((p, d))
    return LabelledPatterns(x=normalised(patterns), y=np.where(np.arange(p) % 2 == 0, 1.0, -1.0))
