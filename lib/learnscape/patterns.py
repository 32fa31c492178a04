r"""Data for a perceptron: random patterns, patterns labelled by a teacher, and random features of what a hidden teacher sees.

A pattern is a row of an array of shape (P, N) whose entries have mean 0 and variance 1. A perceptron with weights w
answers sign(w.x); asking it to answer y is the same as asking for w.(y x) > 0. So the label is *folded in*: what we
store is xi = y x, and every pattern demands the same thing, a large stability w.xi / sqrt(N).

Random labels are the storage problem (T. Cover 1965; E. Gardner 1988): y x is then distributed as x, so the labels need
not be drawn. Labels y = sign(T.x) of a *teacher* T are the problem of learning a rule (E. Gardner and B. Derrida 1989).

A *hidden* teacher sees other inputs than the student, who gets N random features of them (:func:`hidden_patterns`; S. Goldt et al. 2020).

Real images with their labels, not folded in, come from :func:`digits` and :func:`mnist` (:mod:`learnscape.real_data`).

Chapters: ``capacity/perceptron`` (random labels), ``capacity/teacher-student`` (a teacher), ``dense/overparameterization`` (a hidden one).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from learnscape.activations import Activation, find
from learnscape.errors import is_integer, real_array, require
from learnscape.numerics.rng import generator
from learnscape.real_data import RealPatterns, digits, mnist
from learnscape.weights import Binary, Spherical

__all__ = [
    "HiddenPatterns",
    "RealPatterns",
    "TeacherPatterns",
    "digits",
    "hidden_patterns",
    "mnist",
    "random_patterns",
    "teacher_patterns",
]

FloatArray = NDArray[np.float64]
SIGNS = np.array([-1.0, 1.0])
Kind = Literal["binary", "gaussian"]


@dataclass(frozen=True, eq=False)
class TeacherPatterns:
    """Patterns labelled by a teacher, from :func:`teacher_patterns`."""

    patterns: FloatArray
    """Shape (P, N): the inputs times their labels, so that the teacher's stability on every row is >= 0."""
    teacher: FloatArray
    """Shape (N,): the teacher's weights, |teacher|^2 = N."""


@dataclass(frozen=True, eq=False)
class HiddenPatterns:
    """Random features of inputs that a hidden teacher has labelled, from :func:`hidden_patterns`."""

    patterns: FloatArray
    """Shape (P, N): the features times the labels; the features have mean 0 and variance 1."""
    projection: FloatArray
    """Shape (N, D): the weights F of the features, standard normal."""
    teacher: FloatArray
    """Shape (D,): the teacher's weights, +1 or -1."""
    activation: Activation
    """Of the features."""
    equivalent: bool
    """True if the features are those of the Gaussian-equivalent model."""
    kind: Kind
    """How the inputs were drawn."""

    def draw(
        self, n_patterns: int, *, rng: int | np.random.Generator | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """New features, shape (P, N), and their labels, shape (P,), not folded in."""
        random = generator(rng)
        inputs = _inputs(n_patterns, self.teacher.size, self.kind, random)
        z = inputs @ self.projection.T / math.sqrt(self.teacher.size)
        if self.equivalent:
            noise = random.standard_normal(z.shape)
            scale = math.sqrt(self.activation.variance)
            features = (self.activation.mu1 * z + self.activation.mu_star * noise) / scale
        else:
            features = self.activation.standardized(z)
        return features, _labels(inputs @ self.teacher, random)

    def test_error(
        self,
        weights: NDArray[np.float64] | NDArray[np.int8],
        n_patterns: int = 10_000,
        *,
        rng: int | np.random.Generator | None = None,
    ) -> FloatArray:
        """Fraction of new patterns that each student labels wrongly; a tie counts half.

        Parameters
        ----------
        weights : ndarray, shape (N,) or (k, N)
            One student, or several, which all see the same patterns.
        n_patterns : int
            Number of new patterns.

        Returns
        -------
        ndarray, shape () or (k,)
        """
        w = self._students(weights)
        random = generator(rng)
        require(is_integer(n_patterns) and n_patterns >= 1, "n_patterns", n_patterns, "an integer >= 1")
        wrong: FloatArray = np.zeros(w.shape[:-1])
        for first in range(0, n_patterns, 1000):
            features, labels = self.draw(min(1000, n_patterns - first), rng=random)
            wrong += 0.5 * (1.0 - np.sign(features @ w.T) * (labels if w.ndim == 1 else labels[:, None])).sum(
                axis=0
            )
        return wrong / n_patterns

    def equivalent_error(self, weights: NDArray[np.float64] | NDArray[np.int8]) -> FloatArray:
        """Error of each student over all new patterns if features and teacher's field were jointly Gaussian: arccos(R/sqrt(Q_d))/pi. 1/2 for weights 0."""
        w = self._students(weights)
        largest = np.abs(w).max(axis=-1, keepdims=True)
        w = w / np.where(largest > 0.0, largest, 1.0)  # only the direction matters
        d, a = self.teacher.size, self.activation
        s = w @ self.projection / math.sqrt(w.shape[-1])
        along = a.mu1 * (s @ self.teacher) / d
        length = a.mu1**2 * np.square(s).sum(axis=-1) / d + a.mu_star**2 * np.square(w).mean(axis=-1)
        cosine = along / np.sqrt(np.where(length > 0.0, length, 1.0))
        return np.asarray(np.arccos(np.clip(cosine, -1.0, 1.0)) / math.pi)

    def _students(self, weights: NDArray[np.float64] | NDArray[np.int8]) -> FloatArray:
        w = real_array("weights", weights)
        n = self.projection.shape[0]
        require(w.ndim in (1, 2) and w.shape[-1] == n, "the shape of weights", w.shape, f"({n},) or (k, {n})")
        return w


def random_patterns(
    p: int, n: int, *, kind: Kind = "binary", rng: int | np.random.Generator | None = None
) -> FloatArray:
    """Draw P independent patterns of N entries with random labels folded in.

    Parameters
    ----------
    p, n : int
        Number of patterns and of weights, both at least 1.
    kind : {"binary", "gaussian"}
        Entries +1 or -1 with equal probability, or standard normal. Capacities at large N do not depend on this choice;
        ties at stability 0 do: only binary patterns have them.
    rng : int or numpy.random.Generator, optional
        Seed or generator. Without it every call gives other patterns.

    Returns
    -------
    ndarray, shape (P, N), float64

    Raises
    ------
    ValueError
        If p or n is not an integer >= 1, or ``kind`` is neither of the two.

    Examples
    --------
    >>> random_patterns(2, 5, rng=1)
    array([[-1.,  1.,  1.,  1., -1.],
           [-1.,  1.,  1., -1., -1.]])
    """
    return _inputs(p, n, kind, generator(rng))


def teacher_patterns(
    p: int,
    n: int,
    weights: Spherical | Binary | Literal["spherical", "binary"] = "binary",
    *,
    kind: Kind = "binary",
    rng: int | np.random.Generator | None = None,
) -> TeacherPatterns:
    """Draw a teacher and P inputs, label the inputs by y = sign(teacher.x), and fold the labels in.

    The inputs are independent of the teacher. A tie teacher.x = 0 can occur only for a binary teacher with binary inputs
    and even N; its label is then a fair coin. The input is kept, so the inputs stay uniformly distributed, and the teacher
    still satisfies the pattern (stability 0 >= 0) whichever way the coin falls.

    Parameters
    ----------
    p, n : int
        Number of patterns and of weights, both at least 1.
    weights : Spherical(), Binary(), "spherical" or "binary"
        From where the teacher is drawn: uniformly from the sphere |w|^2 = N, or from the corners w_i = +-1.
    kind : {"binary", "gaussian"}
        Entries of the inputs, as in :func:`random_patterns`.
    rng : int or numpy.random.Generator, optional
        Seed or generator.

    Examples
    --------
    >>> rule = teacher_patterns(40, 11, "binary", rng=3)
    >>> bool((rule.patterns @ rule.teacher > 0).all())
    True
    """
    random = generator(rng)
    if isinstance(weights, Binary) or weights == "binary":
        binary_teacher = True
    else:
        binary_teacher = False
        allowed = 'Spherical(), Binary(), "spherical" or "binary"'
        require(isinstance(weights, Spherical) or weights == "spherical", "weights", weights, allowed)
    inputs = _inputs(p, n, kind, random)
    if binary_teacher:
        teacher = random.choice(SIGNS, n)
    else:
        teacher = random.standard_normal(n)
        teacher *= np.sqrt(n / (teacher @ teacher))
    labels = _labels(inputs @ teacher, random)
    return TeacherPatterns(patterns=labels[:, None] * inputs, teacher=teacher)


def hidden_patterns(
    n_features: int,
    n_inputs: int,
    n_patterns: int,
    activation: str | Activation | Callable[[FloatArray], FloatArray] = "sign",
    *,
    kind: Kind = "gaussian",
    equivalent: bool = False,
    rng: int | np.random.Generator | None = None,
) -> HiddenPatterns:
    r"""Draw a hidden binary teacher, its inputs, and random features of them with the teacher's labels folded in.

    Parameters
    ----------
    n_features, n_inputs, n_patterns : int
        Numbers of features N (the student's weights), of inputs D (the teacher's), and of patterns P; all at least 1. In the theory
        (:mod:`learnscape.replica.hidden`) alpha = P/N and alpha_teacher = P/D.
    activation : {"sign", "relu", "erf"}, callable or Activation
        Feature i is sigma(F_i.x / sqrt(D)), centred by its mean mu0 and divided by its standard deviation, both for a Gaussian argument.
        Even functions are allowed: their features tell nothing about the labels.
    kind : {"gaussian", "binary"}
        Entries of the inputs x.
    equivalent : bool
        Draw the Gaussian-equivalent features :math:`\mu_1F_ix/\sqrt D+\mu_*\eta_i` in place of the real ones.
    rng : int or numpy.random.Generator, optional
        Seed or generator.

    Examples
    --------
    >>> data = hidden_patterns(15, 5, 10, "sign", rng=1)
    >>> data.patterns.shape, sorted(set(data.patterns.ravel().tolist()))
    ((10, 15), [-1.0, 1.0])
    """
    random = generator(rng)
    found = find(activation, linear_part=False)
    for name, value in (("n_features", n_features), ("n_inputs", n_inputs), ("n_patterns", n_patterns)):
        require(is_integer(value) and value >= 1, name, value, "an integer >= 1")
    require(isinstance(equivalent, bool), "equivalent", equivalent, "True or False")
    projection = random.standard_normal((n_features, n_inputs))
    teacher = random.choice(SIGNS, n_inputs)
    data = HiddenPatterns(np.empty((0, n_features)), projection, teacher, found, equivalent, kind)
    features, labels = data.draw(n_patterns, rng=random)
    return replace(data, patterns=labels[:, None] * features)


def _labels(fields: FloatArray, random: np.random.Generator) -> FloatArray:
    """Their signs; a tie is a fair coin."""
    labels: FloatArray = np.sign(fields)
    ties = labels == 0.0
    labels[ties] = random.choice(SIGNS, int(ties.sum()))
    return labels


def _inputs(p: int, n: int, kind: str, random: np.random.Generator) -> FloatArray:
    for name, value in (("p", p), ("n", n)):
        require(is_integer(value) and value >= 1, name, value, "an integer >= 1")
    require(isinstance(kind, str) and kind in ("binary", "gaussian"), "kind", kind, '"binary" or "gaussian"')
    if kind == "binary":
        return random.choice(SIGNS, (p, n))
    return random.standard_normal((p, n))
