r"""Training a hinge network on the full batch until nothing is left to learn, or until it is stuck.

The loss vanishes exactly where every pattern is satisfied, and training stops there (N_Delta = 0). Otherwise there are two cases that look
alike for a long time: a minimum with unsatisfied patterns, and a loss that still decays towards zero. See
:mod:`learnscape.jamming.networks.verdict` for the two numbers that tell them apart.

*A shorter way to a decision.* Multiplying the last layer by c multiplies every y f by c. So as soon as no pattern is misclassified, that is
y_mu f(x_mu) > 0 or Delta_mu < eps for all mu, a large enough c satisfies all of them: the run is decided although N_Delta > 0. A loss
below eps^2 / (2 P) leaves room for no error, and V < 1 there: it always ends at zero. ``rescale=True`` uses this.
Without it the factor is used only at a loss below 1e-24 eps^2, where a minimiser sits on the boundary of the satisfied region and cannot
step inside: it then differs from 1 by rounding errors.

Methods: ``"adam"`` (D. P. Kingma and J. Ba, ICLR 2015; the method of paper B), ``"gradient_flow"`` (steepest descent in continuous time),
``"fire"`` (E. Bitzek et al., Physical Review Letters 97, 170201 (2006), the minimiser of the packings). Chapter: ``jamming/deep-networks``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import ConvergenceError, raises_on_failure, require
from learnscape.fully_connected import orthogonal_parameters
from learnscape.jamming.networks.minimisers import METHODS
from learnscape.jamming.networks.model import HingeNetwork, random_data  # noqa: F401  (random_data: the doctest)
from learnscape.jamming.networks.schedules import Schedule, whole
from learnscape.jamming.networks.verdict import Outcome, decay, outcome, virial

__all__ = ["Trace", "Training", "train"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MARGIN_FOR_ROUNDING = 1e-9  # the factor may be large and multiplies the rounding errors of f, so it gets a little more than needed
ROUNDING = 1e-24  # loss in units of margin^2 that is zero to rounding error: all Delta below about 1e-12


@dataclass(frozen=True, eq=False)
class Trace:
    """The course of a training run at points spaced by ten per cent, each entry taken before the step of that number."""

    step: IntArray
    """Steps made."""
    loss: FloatArray
    """The loss."""
    n_unsatisfied: IntArray
    """N_Delta."""


@dataclass(frozen=True, eq=False)
class Training:
    """Where a training run ended, from :func:`train`.

    Two of them are equal only if they are the same object: compare their fields.
    """

    network: HingeNetwork
    """The trained network (the one given to :func:`train` is left as it was)."""
    loss: float
    """Loss at the end; exactly 0 when every pattern is satisfied."""
    n_unsatisfied: int
    """N_Delta at the end."""
    deltas: FloatArray
    """Shape (P,): Delta_mu at the end, positive for unsatisfied patterns."""
    outcome: Outcome
    """``"satisfied"`` (N_Delta = 0), ``"stuck"`` (V is 1 within 0.01 and the loss no longer decays), ``"undecided"`` (neither), or
    ``"diverged"`` (the loss became infinite or NaN; everything else here is from the last state at which it was a number)."""
    virial: float | None
    """V = sum Delta^2 / (margin sum Delta) over the unsatisfied patterns: 1 at every stationary point; None when satisfied."""
    decay: float
    """-d ln Loss / d ln step over the second half of the run; inf when satisfied."""
    gradient_norm: float
    """|grad Loss| at the end. It need not be small where a run is stuck: on a kink the loss has a minimum without a vanishing gradient."""
    steps: int
    """Steps made."""
    trace: Trace
    """Loss and N_Delta along the way."""

    @property
    def converged(self) -> bool:
        """Whether the run is decided: satisfied or stuck."""
        return self.outcome in ("satisfied", "stuck")


def train(
    network: HingeNetwork,
    x: ArrayLike,
    y: ArrayLike,
    *,
    rng: int | np.random.Generator | None = None,
    method: Literal["adam", "fire", "gradient_flow"] = "adam",
    steps: int = 50_000,
    learning_rate: float | Schedule | None = None,
    rescale: bool = False,
    progress: Callable[[int, float, int], bool | None] | None = None,
    on_failure: Literal["raise", "return"] = "raise",
) -> Training:
    """Train on the full batch until every pattern is satisfied or ``steps`` are made.

    Parameters
    ----------
    network : HingeNetwork
        The start, left unchanged.
    x : array_like, shape (P, d)
        Patterns, see :func:`learnscape.jamming.networks.model.random_data` and
        :func:`learnscape.jamming.networks.model.normalised` for the normalisation of paper B.
    y : array_like, shape (P,)
        Labels +1 and -1.
    rng : int or numpy.random.Generator, optional
        With it, training starts from fresh initial parameters drawn from this seed, otherwise from those of ``network``.
    method : {"adam", "fire", "gradient_flow"}
        The training itself uses no random numbers.
    steps : int
        Give up after so many steps.
    learning_rate : float or callable, optional
        Adam: a number, or a schedule such as :func:`~learnscape.jamming.networks.schedules.annealed` or
        :func:`~learnscape.jamming.networks.schedules.stepwise` that maps step numbers to rates; by default
        annealed from 3e-3 to 3e-6. Gradient flow: the time step in units of 1 / (largest eigenvalue of H0), 0.2. FIRE: the longest
        time step in units of its inverse square root, 0.5.
    rescale : bool
        Stop also as soon as no pattern is misclassified, and multiply the last layer so that all are satisfied (see the module). This decides
        many runs in a fraction of the steps. Paper B trains on until N_Delta = 0.
    progress : callable, optional
        Called as ``progress(step, loss, n_unsatisfied)`` now and then; returning True stops the run.
    on_failure : {"raise", "return"}
        What to do when the loss becomes infinite or NaN: raise, or return the last state at which it was a number, with the outcome
        ``"diverged"``.

    Returns
    -------
    Training
        ``.outcome`` says whether the run ended satisfied, stuck or undecided; an undecided run is no evidence for a minimum.

    Raises
    ------
    ValueError
        If the input is bad.
    ConvergenceError
        If the loss, or the state of the minimiser, becomes infinite or NaN (the trace holds the losses). With ``on_failure="return"`` only
        if this is so from the start.

    Notes
    -----
    Adam adds 1e-8 to the size of a slope, which sets a scale: patterns of length sqrt(d) and a margin of order one are what it is made for.

    The verdict is about this run, not about the data. A falling learning rate first freezes out the noise, so the loss decays, and then
    freezes everything, so it stops: whether a network could still learn its patterns is shown by a longer run that does, and never proved
    by one that does not.

    Examples
    --------
    Fewer patterns than weights are learned by heart, ten times as many are not:

    >>> network = HingeNetwork(8, 8, 2, rng=1)
    >>> few = train(network, *random_data(70, 8, rng=2), steps=3000)
    >>> few.outcome, few.n_unsatisfied
    ('satisfied', 0)
    >>> many = train(network, *random_data(1360, 8, rng=2), steps=3000)
    >>> many.n_unsatisfied > network.n_weights
    True
    """
    require(isinstance(network, HingeNetwork), "network", network, "a HingeNetwork")
    whole("steps", steps)
    require(method in tuple(METHODS), "method", method, f"one of {', '.join(sorted(METHODS))}")
    raises_on_failure(on_failure)
    require(progress is None or callable(progress), "progress", progress, "a function or None")
    trained = network.copy()
    if rng is not None:
        trained.parameters = orthogonal_parameters(trained.sizes, gain=trained.margin, rng=rng)
    run = METHODS[method](trained, x, y, learning_rate, int(steps), bool(rescale))

    points: list[tuple[int, float, int]] = []
    kept = [trained.parameters.copy()]
    done = 0
    while done < steps:
        made, loss, unsatisfied = run.advance(done, min(max(1, done // 10), int(steps) - done))
        done += made
        points.append((done, loss, unsatisfied))
        if not (math.isfinite(loss) and run.sound()):
            break
        kept = [kept[-1], trained.parameters.copy()]  # two: the loss at the last one is not known yet
        rounding = ROUNDING * trained.margin**2  # also after the step that followed: Adam's may be long
        at_boundary = loss <= rounding and _loss(trained, x, y) <= rounding
        if run.finished or at_boundary or (progress is not None and progress(done, loss, unsatisfied)):
            break

    diverged = not (math.isfinite(points[-1][1]) and run.sound() and math.isfinite(_loss(trained, x, y)))
    if diverged:
        _recover(trained, x, y, kept, points, on_failure)
    deltas = trained.delta(x, y)
    at_boundary = np.square(np.maximum(deltas, 0.0)).mean() / 2 <= ROUNDING * trained.margin**2
    rescales = 4 if (rescale or at_boundary) and not diverged else 0
    for _ in range(
        rescales
    ):  # more than once only if the factor is so large that it makes rounding errors visible
        if not 0 < deltas.max() < trained.margin:
            break
        trained.layers()[-1][:] *= (
            (1 + MARGIN_FOR_ROUNDING) * trained.margin / (trained.margin - deltas.max())
        )
        deltas = trained.delta(x, y)
    loss = float(np.square(np.maximum(deltas, 0.0)).mean() / 2)
    step, losses, counts = (np.array(column) for column in zip(*points, strict=True))
    slope = decay(step, losses) if loss > 0 else math.inf
    unsatisfied = int((deltas > 0).sum())
    v = virial(deltas, margin=trained.margin)
    return Training(
        network=trained,
        loss=loss,
        n_unsatisfied=unsatisfied,
        deltas=deltas,
        outcome="diverged" if diverged else outcome(v, slope),
        virial=v,
        decay=slope,
        gradient_norm=math.hypot(*trained.gradient(x, y)),
        steps=done,
        trace=Trace(step=step, loss=losses, n_unsatisfied=counts),
    )


def _loss(network: HingeNetwork, x: ArrayLike, y: ArrayLike) -> float:
    """The loss, or inf where it is no number."""
    try:
        return network.loss(x, y)
    except ValueError:
        return math.inf


def _recover(
    network: HingeNetwork,
    x: ArrayLike,
    y: ArrayLike,
    kept: list[FloatArray],
    points: list[tuple[int, float, int]],
    on_failure: str,
) -> None:
    """Put the network back to the newest state with a finite loss and drop the points after it, or raise."""
    trace = [loss for _, loss, _ in points]
    problem = f"training diverged at step {points[-1][0]}: the loss or the state of the minimiser is no finite number. "
    if on_failure == "raise":
        raise ConvergenceError(
            problem + "Take a smaller learning rate, or scale the patterns with networks.normalised; "
            'on_failure="return" gives the last good state.',
            trace,
        )
    for parameters in reversed(kept):
        network.parameters = parameters
        if math.isfinite(_loss(network, x, y)):
            break
    else:
        raise ConvergenceError(
            problem + "There is no good state: scale the patterns with networks.normalised.", trace
        )
    while len(points) > 1 and not math.isfinite(points[-1][1]):
        points.pop()
