r"""Training of small ReLU networks until no pattern is wrong: plain, entropic and replicated stochastic gradient descent.

*Stochastic gradient descent* moves the parameters w down the gradient of the mean loss of a batch of patterns.

*Entropy-SGD* climbs a local entropy instead of descending the loss. The gradient of :math:`T\ln\int dw'\,e^{-[L(w')+\gamma|w-w'|^2/2]/T}` is
:math:`\gamma(\langle w'\rangle-w)`: a walker w' that is tied to w by a spring makes L noisy steps (Langevin dynamics; noise of size :math:`\epsilon\sqrt\eta` in each
stands for :math:`T=\epsilon^2/2`, and the random batches add to it), and w goes to its running mean, which is a step of :math:`1/\gamma` along this gradient. L steps do not
equilibrate the walker, so the mean is an estimate. The spring's stiffness :math:`\gamma` grows from epoch to epoch (scoping). Chaudhari et al., ICLR 2017 (arXiv 1611.01838).

*Replicated SGD* trains y copies, each with batches of its own, that are drawn to their mean :math:`\bar w`: :math:`w_a\leftarrow w_a-\eta\gamma(w_a-\bar w)`
after each batch, with a growing :math:`\gamma`. Copies that are still apart can solve the task together with their mean only where solutions are dense. Pittorino
et al., ICLR 2021 (arXiv 2006.07897).

Training stops when the network (of replicas: their mean) has no error on the training set and a mean loss of at most ``stop_loss``. *Zero errors*, not the loss, is what solved means: the logistic
loss falls for ever, while the norm of the weights grows. How far a run goes beyond its first errorless epoch changes how flat its end looks, so compare runs with the same
``stop_loss``.

What it is good for, measured on 1000 digits with one hidden layer: at a step of 1 with batches of 4 plain descent never settles (none of 20 runs with 20 units), while Entropy-SGD and
replicas average the noise out and solve in a few epochs. With a step that suits it, plain descent gets by with as few units, and its minima are as flat. Full batches and adversarial
starts end in sharper ones. Chapter *realistic-networks*.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import is_finite, require
from learnscape.fully_connected import as_inputs, as_sizes
from learnscape.learn._input import as_positive_integer
from learnscape.learn.continuous._input import as_positive
from learnscape.learn.continuous._loop import DEFAULTS, Training, entropic, replicated, run
from learnscape.numerics.rng import generator

__all__ = ["Training", "adversarial_start", "entropy_sgd", "replicated_sgd", "train"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def _coupling(coupling: tuple[float, float]) -> tuple[float, float]:
    good = isinstance(coupling, tuple | list) and len(coupling) == 2 and all(map(is_finite, coupling))
    good = good and coupling[0] >= 0.0 and coupling[1] >= 1.0
    require(good, "coupling", coupling, "a pair (gamma at the start >= 0, its factor for every epoch >= 1)")
    return float(coupling[0]), float(coupling[1])


def train(
    sizes: Sequence[int] | IntArray,
    x: ArrayLike,
    y: ArrayLike,
    *,
    method: Literal["sgd", "entropy", "replicated"] = "sgd",
    loss: Literal["logistic", "hinge"] = "logistic",
    margin: float = 1.0,
    batch: int = 32,
    step: float = 0.2,
    max_epochs: int = 200,
    stop_loss: float = math.inf,
    start: ArrayLike | None = None,
    rng: int | np.random.Generator | None = None,
    progress: bool = False,
    **options: Any,
) -> Training:
    """Train a ReLU network until no pattern is wrong, or the epochs are used up.

    Parameters
    ----------
    sizes : sequence of int
        (d, n_1, ..., n_L, 1): inputs, widths of the hidden layers, one output.
    x : array_like, shape (P, d)
        Patterns, best of length sqrt(d).
    y : array_like, shape (P,)
        Labels +1 and -1.
    method : {"sgd", "entropy", "replicated"}
        Plain descent, or what :func:`entropy_sgd` and :func:`replicated_sgd` do; ``options`` are their own arguments.
    loss : {"logistic", "hinge"}
        ln(1 + exp(-y f)), or max(0, margin - y f)^2 / 2.
    margin : float
        Of the hinge, > 0.
    batch : int
        Patterns in a batch; P and more: the full batch.
    step : float
        Length eta of a step, > 0.
    max_epochs : int
        Budget: passes over the patterns.
    stop_loss : float
        Train on until the mean loss on the training set is no larger, too; the default stops at the first errorless epoch. A run may be solved without having got
        there: look at ``loss``.
    start : array_like, optional
        Parameters to start from; otherwise block-orthogonal weights from ``rng``.
    rng : int or numpy.random.Generator, optional
        Start and orders of the patterns.
    progress : bool
        Show a bar with epochs and fewest errors.

    Returns
    -------
    Training

    Raises
    ------
    ValueError
        Bad input.
    ConvergenceError
        The loss became infinite or NaN: the step is too long. The trace holds the losses.

    Examples
    --------
    >>> from learnscape.real_data import digits
    >>> data = digits(10, train=300)
    >>> run = train((10, 20, 1), data.x_train, data.y_train, rng=1)
    >>> run.solved, run.n_errors
    (True, 0)
    """
    common: dict[str, Any] = {
        "loss": loss, "margin": margin, "batch": batch, "step": step, "max_epochs": max_epochs,
        "stop_loss": stop_loss, "start": start, "rng": rng, "progress": progress,
    }  # fmt: skip
    if method == "entropy":
        return entropy_sgd(sizes, x, y, **common, **options)
    if method == "replicated":
        return replicated_sgd(sizes, x, y, **common, **options)
    require(method == "sgd", "method", method, "sgd, entropy or replicated")
    require(not options, "options", sorted(options), "left out for plain descent")
    return run(sizes, x, y, copies=1, epoch_of=replicated(0.0, 1.0), **common)


def entropy_sgd(
    sizes: Sequence[int] | IntArray,
    x: ArrayLike,
    y: ArrayLike,
    *,
    coupling: tuple[float, float] = (0.1, 1.01),
    inner: int = 20,
    keep: float = 0.75,
    outer: float = 1.0,
    noise: float = 1e-3,
    **common: Any,
) -> Training:
    r"""Train by Entropy-SGD: a noisy walker on a spring explores, and the network follows its mean.

    Parameters
    ----------
    sizes, x, y
        As in :func:`train`, and so are the arguments in ``common``.
    coupling : (float, float)
        Stiffness gamma of the spring in the first epoch, and its factor from epoch to epoch; it stops growing at 1/step.
    inner : int
        Steps L of the walker for one of the network; at most those in all epochs. With a full batch an epoch is one step.
    keep : float
        The running mean keeps this fraction of itself in every step, in [0, 1).
    outer : float
        The network goes this fraction of its way to the mean, in (0, 1].
    noise : float
        Standard deviation epsilon of the walker's noise: sqrt(step) times it in every step; temperature epsilon^2 / 2.

    Examples
    --------
    >>> from learnscape.real_data import digits
    >>> data = digits(10, train=300)
    >>> entropy_sgd((10, 20, 1), data.x_train, data.y_train, rng=1).solved
    True
    """
    gamma, factor = _coupling(coupling)
    many = as_positive_integer("inner", inner)
    require(is_finite(keep) and 0.0 <= keep < 1.0, "keep", keep, "a number in [0, 1)")
    require(is_finite(outer) and 0.0 < outer <= 1.0, "outer", outer, "a number in (0, 1]")
    kick = as_positive("noise", noise, zero=True)
    return run(
        sizes, x, y, copies=1, epoch_of=entropic(gamma, factor, many, float(keep), float(outer), kick),
        **(DEFAULTS | common),
    )  # fmt: skip


def replicated_sgd(
    sizes: Sequence[int] | IntArray,
    x: ArrayLike,
    y: ArrayLike,
    *,
    y_replicas: int = 5,
    coupling: tuple[float, float] = (0.1, 1.1),
    **common: Any,
) -> Training:
    r"""Train replicas that are drawn to their mean; the result is the mean, or the best replica where that makes fewer errors.

    Parameters
    ----------
    sizes, x, y
        As in :func:`train`, and so are the arguments in ``common``. All replicas start from the same network: others could not be averaged, because a
        network is the same for any order of its units. Only their batches set them apart: with full batches they stay one network.
    y_replicas : int
        Number of replicas, 2 to 64.
    coupling : (float, float)
        gamma in the first epoch, and its factor from epoch to epoch; it stops growing at 1/step.

    Examples
    --------
    >>> from learnscape.real_data import digits
    >>> data = digits(10, train=300)
    >>> run = replicated_sgd((10, 20, 1), data.x_train, data.y_train, rng=1)
    >>> run.solved, run.replicas.shape
    (True, (5, 241))
    """
    copies = as_positive_integer("y_replicas", y_replicas)
    require(2 <= copies <= 64, "y_replicas", y_replicas, "an integer from 2 to 64")
    gamma, factor = _coupling(coupling)
    return run(sizes, x, y, copies=copies, epoch_of=replicated(gamma, factor), **(DEFAULTS | common))


def adversarial_start(
    sizes: Sequence[int] | IntArray, x: ArrayLike, rng: int | np.random.Generator | None = None, **common: Any
) -> Training:
    """Learn random labels of the same patterns: from its ``.parameters`` plain descent reaches bad, sharp minima.

    How many of the random labels it learned depends on the epochs: the more, the worse a start. With long steps and small batches its weights can grow so large that
    nothing can be learned from there. Liu, Papailiopoulos and Achlioptas, NeurIPS 2020 (arXiv 1906.02613), who compare test errors; that the minima are sharp, too, is
    our measurement.

    Parameters
    ----------
    sizes, x
        As in :func:`train`, and so are the arguments in ``common``.
    rng : int or numpy.random.Generator, optional
        Random labels, start and orders.

    Returns
    -------
    Training
        Of the random labels. Look at ``.interrupted`` where Ctrl-C may come: such a start has learned fewer of them.

    Examples
    --------
    >>> from learnscape.real_data import digits
    >>> data = digits(10, train=100)
    >>> start = adversarial_start((10, 20, 1), data.x_train, rng=1)
    >>> start.n_errors, start.interrupted
    (2, False)
    >>> train((10, 20, 1), data.x_train, data.y_train, start=start.parameters, rng=2).solved
    True
    """
    random = generator(rng)
    inputs = as_inputs(x, int(as_sizes(sizes)[0]))
    labels = random.choice([-1.0, 1.0], size=len(inputs))
    return train(sizes, inputs, labels, rng=random, **common)
