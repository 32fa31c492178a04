"""The loop around one epoch of any method, its result, and the methods' epochs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import ConvergenceError, is_number, require
from learnscape.fully_connected import activations, as_sizes, orthogonal_parameters
from learnscape.fully_connected.blocks import BLOCK
from learnscape.fully_connected.minibatches import loss_and_errors, new_batch
from learnscape.learn._budget import Budget
from learnscape.learn._input import as_positive_integer
from learnscape.learn.continuous._epochs import entropy_epoch, replicated_epoch
from learnscape.learn.continuous._input import as_loss, as_parameters, as_patterns, as_positive
from learnscape.numerics.rng import generator
from learnscape.numerics.threads import one_thread

__all__ = ["DEFAULTS", "Training", "entropic", "replicated", "run"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DEFAULTS: dict[str, Any] = {
    "loss": "logistic",
    "margin": 1.0,
    "batch": 32,
    "step": 0.2,
    "max_epochs": 200,
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


@one_thread
def run(
    sizes: Sequence[int] | IntArray,
    x: ArrayLike,
    y: ArrayLike,
    *,
    loss: str,
    margin: float,
    batch: int,
    step: float,
    max_epochs: int,
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
    budget = as_positive_integer("max_epochs", max_epochs)
    require(is_number(stop_loss) and stop_loss > 0.0, "stop_loss", stop_loss, "a number > 0, or infinity")
    random = generator(rng)
    first = orthogonal_parameters(n, rng=random) if start is None else as_parameters("start", start, n)
    replicas = np.tile(first, (copies, 1))
    memory = new_batch(n, min(size, BLOCK))
    one_epoch = epoch_of(replicas, n, data, (kind, edge, size, rate, budget), random, memory)

    def seen(parameters: FloatArray) -> tuple[float, int]:
        value, wrong = loss_and_errors(parameters, n, data.blocks, data.labels, kind, edge)
        return float(value), int(wrong)

    best, (least, fewest) = first, seen(first)
    course: list[tuple[int, float]] = []  # together: an interruption may come after any call
    finished = fewest == 0 and least <= stop_loss
    with Budget(budget, "epoch", progress) as loop:
        while loop.left and not finished:
            at = one_epoch(loop.made)
            value, wrong = seen(at)
            course.append((wrong, value))
            if not math.isfinite(value):
                raise ConvergenceError(
                    f"the loss is no number after {len(course)} epochs: a step of {rate:g} is too long",
                    [loss for _, loss in course],
                )
            if wrong <= fewest:
                best, least, fewest = at.copy(), value, wrong
            finished = wrong == 0 and value <= stop_loss
            loop.spend(errors=fewest)
    if fewest > 0:
        for replica in replicas:
            value, wrong = seen(replica)
            if math.isfinite(value) and wrong < fewest:  # else interrupted in an epoch that diverges
                best, least, fewest = replica.copy(), value, wrong
    trace, losses = np.array(course, dtype=np.float64).reshape(-1, 2).T.copy()
    hidden = activations(best, n, data.rows[:, :-1])[:-1]
    return Training(
        parameters=best,
        solved=fewest == 0,
        n_errors=fewest,
        loss=least,
        epochs=trace.size,
        trace=trace,
        losses=losses,
        budget=budget,
        gradients=trace.size * p * copies,
        dead_units=tuple(int((z <= 0.0).all(axis=0).sum()) for z in hidden),
        replicas=replicas,
        interrupted=loop.interrupted,
    )


def _grown(first: float, factor: float, number: int, most: float) -> float:
    """What has grown from ``first`` by a factor in each of ``number`` epochs, but not beyond ``most``."""
    try:
        return min(most, first * factor**number)
    except OverflowError:
        return most if first > 0.0 else 0.0


def replicated(gamma: float, factor: float) -> Callable[..., Callable[[int], FloatArray]]:
    def prepare(replicas: FloatArray, n: IntArray, data: Any, rates: Any, random: Any, memory: Any) -> Any:
        kind, edge, size, rate, _ = rates
        orders = np.tile(np.arange(data.labels.size), (len(replicas), 1))
        centre = replicas[0].copy()

        def epoch(number: int) -> FloatArray:
            pull = _grown(rate * gamma, factor, number, 1.0) if len(replicas) > 1 else 0.0
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


def entropic(
    gamma: float, factor: float, inner: int, keep: float, outer: float, noise: float
) -> Callable[..., Callable[[int], FloatArray]]:
    def prepare(replicas: FloatArray, n: IntArray, data: Any, rates: Any, random: Any, memory: Any) -> Any:
        kind, edge, size, rate, budget = rates
        steps = budget * -(-data.labels.size // size)
        require(
            inner <= steps,
            "inner",
            inner,
            f"at most {steps}, the steps in all epochs: the network would never move",
        )
        centre = replicas[0]
        walker, mean = centre.copy(), centre.copy()
        order = np.arange(data.labels.size)
        made = 0

        def epoch(number: int) -> FloatArray:
            nonlocal made
            stiff = _grown(gamma, factor, number, 1.0 / rate)
            made = entropy_epoch(
                centre, walker, mean, made, n, data.rows, data.labels, kind, edge, size, rate, stiff, inner, keep,
                outer, noise, order, random, memory,
            )  # fmt: skip
            return centre

        return epoch

    return prepare
