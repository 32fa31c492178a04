r"""Training of small ReLU networks until no pattern is wrong: plain, entropic and replicated stochastic gradient descent.

*Stochastic gradient descent* moves the parameters w down the gradient of the mean loss of a batch of patterns.

*Entropy-SGD* descends a local entropy instead of the loss. The gradient of :math:`\ln\int dw'\,e^{-L(w')-\gamma|w-w'|^2/2}` is
:math:`\gamma(\langle w'\rangle-w)`: a walker w' that is tied to w by a spring runs L noisy steps, and w goes to its running mean. The spring's stiffness
:math:`\gamma` grows from epoch to epoch (scoping). Chaudhari et al., ICLR 2017 (arXiv 1611.01838).

*Replicated SGD* trains y copies, each with batches of its own, that are drawn to their mean :math:`\bar w`: :math:`w_a\leftarrow w_a-\eta\gamma(w_a-\bar w)`
after each batch, with a growing :math:`\gamma`. Only where solutions are many can all copies and their mean be one. Pittorino et al., ICLR 2021 (arXiv 2006.07897).

Training stops when the network (of replicas: their mean) has no error on the training set and a mean loss of at most ``stop_loss``. *Zero errors*, not the loss, is what solved means: the logistic
loss falls for ever, while the norm of the weights grows. How far a run goes beyond its first errorless epoch changes how flat its end looks, so compare runs with the same
``stop_loss``. Chapter *realistic-networks*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tqdm.auto import tqdm

from learnscape.errors import ConvergenceError, is_finite, is_number, require
from learnscape.fully_connected import activations, as_sizes, orthogonal_parameters
from learnscape.fully_connected.blocks import BLOCK
from learnscape.fully_connected.minibatches import loss_and_errors, new_batch
from learnscape.learn._input import as_positive_integer
from learnscape.learn.continuous._epochs import entropy_epoch, replicated_epoch
from learnscape.learn.continuous._input import as_loss, as_parameters, as_patterns, as_positive
from learnscape.numerics.rng import generator
from learnscape.numerics.threads import one_thread

__all__ = ["Training", "adversarial_start", "entropy_sgd", "replicated_sgd", "train"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


DEFAULTS: dict[str, Any] = {
    "loss": "logistic",
    "margin": 1.0,
    "batch": 32,
    "step": 0.1,
    "epochs": 200,
    "stop_loss": math.inf,
    "start": None,
    "rng": None,
    "progress": False,
}  # of all methods, as train() has them


@dataclass(frozen=True, eq=False)
class Training:
    """Where the training of a network stopped."""

    parameters: FloatArray
    """Flat vector: the network that solved the task, or the one of fewest errors that was seen (of equal ones the last)."""
    solved: bool
    """Whether it has no error on the training set (recounted)."""
    n_errors: int
    """Training patterns on the wrong side, y f <= 0."""
    loss: float
    """Its mean loss on the training set."""
    epochs: int
    """Passes over the patterns that were made (by each replica)."""
    trace: FloatArray
    """Shape (epochs,): training errors at the end of each epoch; of replicas, those of their mean."""
    losses: FloatArray
    """Shape (epochs,): the mean loss there."""
    budget: int
    """Epochs that were allowed."""
    gradients: int
    """Gradients of single patterns that were computed: the work."""
    dead_units: tuple[int, ...]
    """For every hidden layer the number of units that are off for every training pattern. A layer in which all are off learns nothing more."""
    replicas: FloatArray
    """Shape (y, n_parameters): the replicas at the end; for the other methods the last network."""
    interrupted: bool = False
    """Whether the reader stopped the training (Ctrl-C); the best state so far is here."""


def _coupling(coupling: tuple[float, float]) -> tuple[float, float]:
    good = isinstance(coupling, tuple | list) and len(coupling) == 2 and all(map(is_finite, coupling))
    good = good and coupling[0] >= 0.0 and coupling[1] >= 1.0
    require(good, "coupling", coupling, "a pair (gamma at the start >= 0, its factor for every epoch >= 1)")
    return float(coupling[0]), float(coupling[1])


@one_thread
def _train(
    sizes: Sequence[int] | IntArray,
    x: ArrayLike,
    y: ArrayLike,
    *,
    loss: str,
    margin: float,
    batch: int,
    step: float,
    epochs: int,
    stop_loss: float,
    copies: int,
    start: ArrayLike | None,
    rng: int | np.random.Generator | None,
    progress: bool,
    epoch_of: Callable[..., Callable[[int], FloatArray]],
) -> Training:
    """Checks, and the loop around one epoch of any method; ``epoch_of`` prepares it, and each call of it returns the network to look at."""
    n = as_sizes(sizes)
    data = as_patterns(n, x, y)
    p = data.labels.size
    kind, edge = as_loss(loss), as_positive("margin", margin)
    size = min(as_positive_integer("batch", batch), p)
    rate = as_positive("step", step)
    budget = as_positive_integer("epochs", epochs)
    require(is_number(stop_loss) and stop_loss > 0.0, "stop_loss", stop_loss, "a number > 0, or infinity")
    random = generator(rng)
    first = orthogonal_parameters(n, rng=random) if start is None else as_parameters("start", start, n)
    replicas = np.tile(first, (copies, 1))
    memory = new_batch(n, min(size, BLOCK))
    one_epoch = epoch_of(replicas, n, data, (kind, edge, size, rate), random, memory)

    def seen(parameters: FloatArray) -> tuple[float, int]:
        value, wrong = loss_and_errors(parameters, n, data.blocks, data.labels, kind, edge)
        return float(value), int(wrong)

    best, (least, fewest) = first, seen(first)
    trace: list[int] = []
    losses: list[float] = []
    interrupted, finished = False, fewest == 0 and least <= stop_loss
    bar: Any = tqdm(total=budget, disable=not progress, unit="epoch", leave=False)
    try:
        while len(trace) < budget and not finished:
            at = one_epoch(len(trace))
            value, wrong = seen(at)
            trace.append(wrong)
            losses.append(value)
            if not math.isfinite(value):
                raise ConvergenceError(
                    f"the loss is no number after {len(trace)} epochs: a step of {rate:g} is too long", losses
                )
            if wrong <= fewest:
                best, least, fewest = at.copy(), value, wrong
            finished = wrong == 0 and value <= stop_loss
            bar.update()
            bar.set_postfix(errors=fewest, refresh=False)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        bar.close()
    if fewest > 0:
        for replica in replicas:
            value, wrong = seen(replica)
            if wrong < fewest:
                best, least, fewest = replica.copy(), value, wrong
    hidden = activations(best, n, data.rows[:, :-1])[:-1]
    return Training(
        parameters=best,
        solved=fewest == 0,
        n_errors=fewest,
        loss=least,
        epochs=len(trace),
        trace=np.array(trace, dtype=np.float64),
        losses=np.array(losses),
        budget=budget,
        gradients=len(trace) * p * copies,
        dead_units=tuple(int((z <= 0.0).all(axis=0).sum()) for z in hidden),
        replicas=replicas,
        interrupted=interrupted,
    )


def _replicated(gamma: float, factor: float) -> Callable[..., Callable[[int], FloatArray]]:
    def prepare(replicas: FloatArray, n: IntArray, data: Any, rates: Any, random: Any, memory: Any) -> Any:
        kind, edge, size, rate = rates
        orders = np.tile(np.arange(data.labels.size), (len(replicas), 1))
        centre = replicas[0].copy()

        def epoch(number: int) -> FloatArray:
            pull = min(1.0, rate * gamma * factor**number) if len(replicas) > 1 else 0.0
            replicated_epoch(
                replicas,
                n,
                data.rows,
                data.labels,
                kind,
                edge,
                size,
                rate,
                pull,
                orders,
                random,
                centre,
                memory,
            )
            return centre

        return epoch

    return prepare


def _entropic(
    gamma: float, factor: float, inner: int, keep: float, outer: float, noise: float
) -> Callable[..., Callable[[int], FloatArray]]:
    def prepare(replicas: FloatArray, n: IntArray, data: Any, rates: Any, random: Any, memory: Any) -> Any:
        kind, edge, size, rate = rates
        centre = replicas[0]
        walker, mean = centre.copy(), centre.copy()
        order = np.arange(data.labels.size)
        made = 0

        def epoch(number: int) -> FloatArray:
            nonlocal made
            stiff = min(gamma * factor**number, 1.0 / rate)
            made = entropy_epoch(
                centre, walker, mean, made, n, data.rows, data.labels, kind, edge, size, rate, stiff, inner, keep,
                outer, noise, order, random, memory,
            )  # fmt: skip
            return centre

        return epoch

    return prepare


def train(
    sizes: Sequence[int] | IntArray,
    x: ArrayLike,
    y: ArrayLike,
    *,
    method: Literal["sgd", "entropy", "replicated"] = "sgd",
    loss: Literal["logistic", "hinge"] = "logistic",
    margin: float = 1.0,
    batch: int = 32,
    step: float = 0.1,
    epochs: int = 200,
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
    epochs : int
        Budget: passes over the patterns.
    stop_loss : float
        Train on until the mean loss on the training set is no larger, too; the default stops at the first errorless epoch.
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
        "loss": loss, "margin": margin, "batch": batch, "step": step, "epochs": epochs, "stop_loss": stop_loss,
        "start": start, "rng": rng, "progress": progress,
    }  # fmt: skip
    if method == "entropy":
        return entropy_sgd(sizes, x, y, **common, **options)
    if method == "replicated":
        return replicated_sgd(sizes, x, y, **common, **options)
    require(method == "sgd", "method", method, "sgd, entropy or replicated")
    require(not options, "options", sorted(options), "left out for plain descent")
    return _train(sizes, x, y, copies=1, epoch_of=_replicated(0.0, 1.0), **common)


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
        Steps L of the walker for one of the network.
    keep : float
        The running mean keeps this fraction of itself in every step, in [0, 1).
    outer : float
        The network goes this fraction of its way to the mean, in (0, 1].
    noise : float
        Standard deviation of the walker's noise: sqrt(step) times it in every step.

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
    return _train(
        sizes, x, y, copies=1, epoch_of=_entropic(gamma, factor, many, float(keep), float(outer), kick),
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
        network is the same for any order of its units.
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
    return _train(sizes, x, y, copies=copies, epoch_of=_replicated(gamma, factor), **(DEFAULTS | common))


def adversarial_start(
    sizes: Sequence[int] | IntArray,
    x: ArrayLike,
    rng: int | np.random.Generator | None = None,
    *,
    epochs: int = 200,
    **common: Any,
) -> FloatArray:
    """Parameters of a network that has learned random labels of the same patterns, a start from which plain descent reaches sharp minima.

    How many of the random labels it learned depends on the epochs: the more, the worse a start. Liu, Papailiopoulos and Achlioptas, NeurIPS 2020
    (arXiv 1906.02613).

    Parameters
    ----------
    sizes, x
        As in :func:`train`, and so are the arguments in ``common``.
    rng : int or numpy.random.Generator, optional
        Random labels, start and orders.
    epochs : int
        Budget.

    Returns
    -------
    ndarray, shape (n_parameters,)

    Examples
    --------
    >>> from learnscape.real_data import digits
    >>> data = digits(10, train=100)
    >>> start = adversarial_start((10, 20, 1), data.x_train, rng=1)
    >>> train((10, 20, 1), data.x_train, data.y_train, start=start, rng=2).solved
    True
    """
    random = generator(rng)
    labels = random.choice([-1.0, 1.0], size=len(np.atleast_1d(x)))
    return train(sizes, x, labels, rng=random, epochs=epochs, **common).parameters
