r"""Data for a perceptron: random patterns and patterns labelled by a teacher.

A pattern is a row of an array of shape (P, N) whose entries have mean 0 and variance 1. A perceptron with weights w
answers sign(w.x); asking it to answer y is the same as asking for w.(y x) > 0. So the label is *folded in*: what we
store is xi = y x, and every pattern demands the same thing, a large stability w.xi / sqrt(N).

Random labels are the storage problem (T. Cover 1965; E. Gardner 1988): y x is then distributed as x, so the labels need
not be drawn. Labels y = sign(T.x) of a *teacher* T are the problem of learning a rule (E. Gardner and B. Derrida 1989).

Real images with their labels, not folded in, come from :func:`digits` and :func:`mnist` (:mod:`learnscape.real_data`).

Chapters: ``capacity/perceptron`` (random labels), ``capacity/teacher-student`` (a teacher).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from learnscape.errors import is_integer, require
from learnscape.numerics.rng import generator
from learnscape.real_data import RealPatterns, digits, mnist
from learnscape.weights import Binary, Spherical

__all__ = ["RealPatterns", "TeacherPatterns", "digits", "mnist", "random_patterns", "teacher_patterns"]

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
    labels = np.sign(inputs @ teacher)
    ties = labels == 0.0
    labels[ties] = random.choice(SIGNS, int(ties.sum()))
    return TeacherPatterns(patterns=labels[:, None] * inputs, teacher=teacher)


def _inputs(p: int, n: int, kind: str, random: np.random.Generator) -> FloatArray:
    for name, value in (("p", p), ("n", n)):
        require(is_integer(value) and value >= 1, name, value, "an integer >= 1")
    require(isinstance(kind, str) and kind in ("binary", "gaussian"), "kind", kind, '"binary" or "gaussian"')
    if kind == "binary":
        return random.choice(SIGNS, (p, n))
    return random.standard_normal((p, n))
