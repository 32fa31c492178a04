r"""Jammed networks: local maxima of the smallest margin, with what holds them.

A network can satisfy all its patterns as long as some weights give every margin :math:`y_\mu f(x_\mu)>0`; at fixed scale of the output the *largest smallest margin* crosses zero at the transition. :func:`jam`
climbs to a local maximum of the smallest margin and says what it rests on: contacts (patterns at the margin), kinks (contacts for which a ReLU sits where it bends) and
directions held by curvature alone. No threshold decides: forces are multipliers, and each state comes with a certificate, or with the reason why there is none.

The way there: :mod:`~learnscape.jamming.networks.soft_margin`; the certificate: :mod:`~learnscape.jamming.networks.certificate`. Chapter ``jamming/deep-networks``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape import fully_connected
from learnscape.errors import ConvergenceError, is_integer, raises_on_failure, require
from learnscape.jamming.networks.certificate import (
    Certificate,
    certify,
    exact_activation,
    unpolished,
)
from learnscape.jamming.networks.curvature import Activation, forward
from learnscape.jamming.networks.model import HingeNetwork, LabelledPatterns, random_data
from learnscape.jamming.networks.soft_margin import SoftMaximum, maximise, on_spheres
from learnscape.numerics.rng import generator
from learnscape.numerics.threads import one_thread

__all__ = ["JammedNetwork", "TanhNetwork", "jam"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Kind = Literal["relu", "tanh"]

PROBES = 1000
WARM, COOL = (
    1.0,
    0.05,
)  # first temperature, in units of the rms output at the start: of a random one, of one that is given
COLD = 3e-6  # a certificate is tried from here on, in the same units
COLDEST = 1e-8
COLLAPSED = 1e-5  # margins below three times this, in the same units, count as zero
NEAR_COLLAPSE = 0.05  # share of a random network's rms output below which a start is cooled as if it had this much: colder, every step is cut short by a bend
STAGE = 1000  # steps at one temperature: in narrow valleys they are short
DRAWS = 100  # of a random start, as long as a layer is off for all patterns
VANISHED = 1e-9  # an rms output, or a margin in units of the rms on the probes, that is rounding


@dataclass(frozen=True, eq=False)
class TanhNetwork:
    """A fully-connected network of hyperbolic tangents with one linear output."""

    sizes: tuple[int, ...]
    """(d, n_1, ..., n_L, 1)."""
    parameters: FloatArray
    """As in :mod:`learnscape.fully_connected`."""

    def layers(self) -> list[FloatArray]:
        """The matrices [W_l | b_l], views into the parameters."""
        return fully_connected.layers(self.parameters, self.sizes)

    def output(self, x: ArrayLike) -> FloatArray:
        """Outputs f(x_mu), shape (P,), of patterns of shape (P, d)."""
        return forward(
            self.layers(), fully_connected.as_inputs(x, self.sizes[0]), exact_activation("tanh")
        ).output


@dataclass(frozen=True, eq=False)
class JammedNetwork:
    """A local maximum of the smallest margin, from :func:`jam`, or where the way there ended."""

    margin: float
    """Smallest y f, in units of the rms output on the probe patterns."""
    kappa: float
    """Smallest y f, with the incoming weights (and bias) of every neuron, the output's too, of length one."""
    contacts: IntArray
    """Patterns at the margin, increasing."""
    forces: FloatArray
    """Their multipliers, positive, with sum 1, shape (contacts,). Without a certificate: as far as the climb came, the same for what follows."""
    kinks: IntArray
    """Shape (kinks, 3): hidden layer (from 0), pattern and neuron. Empty for tanh."""
    kink_slopes: FloatArray
    """Slope of the ReLU at each kink, between 0 and 1: what the balance of forces takes there."""
    held: int
    """Number of directions held by curvature alone."""
    curvature: FloatArray
    """Second derivatives of the Lagrangian in the directions that contacts and kinks leave free, ascending, shape (directions + 1 - contacts - kinks + redundant,)."""
    redundant: int
    """Contacts and kinks that hold nothing new: patterns for which a layer is off altogether share one output."""
    flat: int
    """Directions that matter to no contact: incoming weights of neurons that are off for all of them."""
    directions: int
    """D: parameters less one for every neuron, the output's too. A certified state has contacts + kinks - redundant + held + flat = D + 1."""
    gaps: FloatArray
    """y f - kappa of all patterns, shape (P,): zero, to rounding, at contacts."""
    network: HingeNetwork | TanhNetwork
    x: FloatArray
    """Patterns, shape (P, d)."""
    y: FloatArray
    """Labels."""
    converged: bool
    """Certified: a strict local maximum (but for flat directions) with a positive margin."""
    problem: str
    """Why not, or nothing."""
    residual: float
    """Largest violation of the conditions of balance, contact and kink."""
    iterations: int
    """Newton steps."""
    interrupted: bool
    """Stopped by Ctrl-C; the state is the last one."""
    trace: tuple[tuple[float, float], ...]
    """(temperature, smallest margin in the units of kappa) after every stage."""

    @property
    def open_gaps(self) -> FloatArray:
        """Gaps of the patterns that are no contacts, increasing."""
        return np.sort(np.delete(self.gaps, self.contacts))


@one_thread
def jam(
    inputs: int,
    width: int | Sequence[int],
    depth: int | None = None,
    n_patterns: int | None = None,
    *,
    activation: Kind = "relu",
    patterns: tuple[ArrayLike, ArrayLike] | LabelledPatterns | None = None,
    start: HingeNetwork | TanhNetwork | None = None,
    probes: ArrayLike | None = None,
    rng: int | np.random.Generator | None = None,
    on_failure: Literal["raise", "return"] = "raise",
) -> JammedNetwork:
    """Raise the smallest margin of a network to a local maximum, and find what holds it there.

    Parameters
    ----------
    inputs : int
        Dimension d of the patterns.
    width : int or sequence of int
        Width of the hidden layers; with a sequence, the width of each.
    depth : int, optional
        Number of hidden layers; left out when ``width`` is a sequence.
    n_patterns : int, optional
        Random patterns with random labels, see :func:`~learnscape.jamming.networks.model.random_data`; left out when ``patterns`` are given.
    activation : {"relu", "tanh"}
        A ReLU has kinks, a tanh has none.
    patterns : (x, y), optional
        Patterns of shape (P, d) and labels +1 and -1, both present.
    start : HingeNetwork or TanhNetwork, optional
        Where to climb from, for instance a trained network; left out, random weights. A start that is given is cooled from a lower temperature, so that the end is near it, unless its output is nearly constant.
    probes : array_like, shape (Q, d), optional
        Patterns whose rms output is the unit of ``margin``; 1000 random ones of length sqrt(d) if left out.
    rng : int or numpy.random.Generator, optional
        Patterns, start and probes.
    on_failure : {"raise", "return"}
        What to do without a certificate: raise, or return the state with ``converged`` False and the ``problem`` in words.

    Returns
    -------
    JammedNetwork

    Raises
    ------
    ValueError
        Bad input: one label only, one pattern with both labels, or a start whose output is the same for all patterns.
    ConvergenceError
        No certified state with a positive margin was reached: above capacity the output shrinks to zero on the patterns instead.

    Notes
    -----
    Seconds for a hundred weights, mostly; narrow networks of three layers may take ten times as long. The time grows as the cube of the number of weights.

    A state that is refused for another reason than the missing margin is no near-miss: the soft maximum can be one without the hard one. Count such states, and leave them out.
    A margin below 3e-5 of the spread of the start's outputs, or of a twentieth of a random network's if that is larger, counts as zero.

    Examples
    --------
    >>> state = jam(8, 6, 1, 110, activation="tanh", rng=1)
    >>> state.converged, state.margin > 0, len(state.kinks)
    (True, True, 0)
    >>> len(state.contacts) + state.held == state.directions + 1 == 55
    True
    """
    raises_on_failure(on_failure)
    require(is_integer(width) or np.ndim(width) == 1, "width", width, "an integer >= 1 or a sequence of them")
    require(activation in ("relu", "tanh"), "activation", activation, "'relu' or 'tanh'")
    random = generator(rng)
    model = HingeNetwork(inputs, width if is_integer(width) else list(width), depth, rng=random)  # type: ignore[arg-type]
    x, y = _patterns(model, patterns, n_patterns, random)
    sizes = fully_connected.as_sizes(model.sizes)
    probed = _probes(model, probes, random)
    exact = exact_activation(activation)
    for _ in range(DRAWS):
        theta = _start(model, start, activation, random)
        output = forward(fully_connected.layers(theta, sizes), x, exact).output
        size = _rms(output - output.mean())
        if start is not None or size > VANISHED:
            break
    require(size > VANISHED, "spread of the start's outputs on the patterns", size, f"> {VANISHED}")

    if start is not None:
        size = max(size, NEAR_COLLAPSE * _typical_spread(model, x, exact))
    trace: list[tuple[float, float]] = []
    warm: SoftMaximum | None = None
    found: Certificate | None = None

    temperature = (COOL if start is not None else WARM) * size
    radius, made, interrupted = 0.1, 0, False
    try:
        while temperature > COLDEST * size:
            warm, radius = maximise(theta, sizes, x, y, activation, temperature, max(radius, 1e-3), STAGE)
            theta = warm.parameters
            made += warm.iterations
            trace.append((temperature, float(warm.margins.min())))
            if temperature < COLLAPSED * size and trace[-1][1] < 3.0 * temperature:
                break  # the output shrinks to zero with the temperature
            if temperature < COLD * size:
                found = certify(warm, sizes, x, y, activation)
                if not found.problem:
                    break
            temperature /= 2
    except KeyboardInterrupt:
        interrupted = True
    if found is None:
        if warm is None:
            raise KeyboardInterrupt
        collapsed = "no positive margin: the output shrinks to zero on the patterns with the temperature"
        problem = "interrupted" if interrupted else collapsed
        found = unpolished(warm, sizes, x, y, activation, problem)
    unit = _rms(forward(fully_connected.layers(found.parameters, sizes), probed, exact).output)
    problem = found.problem
    if interrupted:
        problem = "interrupted"
    elif unit < VANISHED:
        problem = f"the output vanishes on the probe patterns (rms {unit:.0e})"
    elif found.kappa <= VANISHED * unit:
        problem = "no positive margin: the output shrank to zero on the patterns, or some stay misclassified"
    if problem and not interrupted and on_failure == "raise":
        raise ConvergenceError(
            f"no jammed state: {problem} (smallest margin {found.kappa:.3g}). Fewer patterns or another rng may help; "
            'on_failure="return" gives the state.',
            [margin for _, margin in trace],
        )
    network: HingeNetwork | TanhNetwork = model
    if activation == "tanh":
        network = TanhNetwork(model.sizes, found.parameters)
    else:
        model.parameters = found.parameters
    return JammedNetwork(
        margin=found.kappa / unit if unit > VANISHED else 0.0,
        kappa=found.kappa,
        contacts=found.contacts,
        forces=found.forces,
        kinks=found.kinks,
        kink_slopes=found.slopes,
        held=found.held,
        curvature=found.curvature,
        redundant=found.redundant,
        flat=found.flat,
        directions=found.directions,
        gaps=found.margins - found.kappa,
        network=network,
        x=x,
        y=y,
        converged=not problem,
        problem=problem,
        residual=found.residual,
        iterations=made,
        interrupted=interrupted,
        trace=tuple(trace),
    )


def _rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _typical_spread(model: HingeNetwork, x: FloatArray, activation: Activation) -> float:
    """Median spread of the outputs of random networks of this shape."""
    sizes, random = fully_connected.as_sizes(model.sizes), np.random.default_rng(0)
    spreads = []
    for _ in range(9):
        theta = on_spheres(random.standard_normal(model.n_parameters), sizes)
        output = forward(fully_connected.layers(theta, sizes), x, activation).output
        spreads.append(_rms(output - output.mean()))
    return float(np.median(spreads))


def _lengths(matrix: FloatArray) -> FloatArray:
    """Lengths of the rows, also of those whose squares are no numbers."""
    unit = np.ldexp(1.0, np.frexp(np.abs(matrix).max(axis=1))[1])  # powers of two change no digit
    lengths: FloatArray = unit * np.linalg.norm(matrix / unit[:, None], axis=1)
    return lengths


def _patterns(
    model: HingeNetwork,
    patterns: tuple[ArrayLike, ArrayLike] | LabelledPatterns | None,
    n_patterns: int | None,
    random: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Patterns and labels, checked or drawn."""
    if patterns is None:
        valid = is_integer(n_patterns) and n_patterns >= 2
        require(valid, "n_patterns", n_patterns, "an integer >= 2, or patterns must be given")
        x, y = random_data(int(n_patterns or 0), model.inputs, rng=random)
        _no_contradictions(x, y)  # in one dimension there are but two patterns
        return x, y
    require(n_patterns is None, "n_patterns", n_patterns, "left out when patterns are given")
    valid = isinstance(patterns, LabelledPatterns) or (
        isinstance(patterns, tuple | list) and len(patterns) == 2
    )
    require(valid, "patterns", type(patterns).__name__, "a pair (x, y)")
    given, labels = patterns
    x = fully_connected.as_inputs(given, model.inputs)
    model.delta(x, labels)  # checks the labels
    y = np.array(labels, dtype=np.float64)
    require(
        1e-2 <= _rms(x) <= 1e2,
        "rms entry of the patterns",
        _rms(x),
        "from 0.01 to 100: scale them, as networks.normalised does",
    )
    require(abs(y.sum()) < len(y), "y", float(y[0]), "labels of both signs: one alone is satisfied by a bias")
    _no_contradictions(x, y)
    return x, y


def _no_contradictions(x: FloatArray, y: FloatArray) -> None:
    """Refuse one pattern with both labels: the climb would take minutes to find that no margin is positive."""
    _, same = np.unique(x, axis=0, return_inverse=True)
    order = np.argsort(same.ravel(), kind="stable")
    twice = (np.diff(same.ravel()[order]) == 0) & (np.diff(y[order]) != 0)
    if twice.any():
        at = int(np.argmax(twice))
        pair = (int(order[at]), int(order[at + 1]))
        require(False, "the labels of the equal patterns", pair, "equal: no margin can be positive otherwise")


def _probes(model: HingeNetwork, probes: ArrayLike | None, random: np.random.Generator) -> FloatArray:
    if probes is not None:
        given = fully_connected.as_inputs(probes, model.inputs)
        size = float(np.abs(given).max())
        require(1e-2 <= size <= 1e4, "largest entry of the probes", size, "from 0.01 to 10000, as patterns")
        return given
    drawn = random.standard_normal((PROBES, model.inputs))
    drawn *= math.sqrt(model.inputs) / np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn


def _start(
    model: HingeNetwork,
    start: HingeNetwork | TanhNetwork | None,
    activation: Kind,
    random: np.random.Generator,
) -> FloatArray:
    """Parameters on the spheres, of the same function up to a positive factor for ReLU."""

    if start is None:
        theta = random.standard_normal(model.n_parameters)
        return on_spheres(theta, fully_connected.as_sizes(model.sizes))
    kind = HingeNetwork if activation == "relu" else TanhNetwork
    require(isinstance(start, kind), "start", start, f"a {kind.__name__}, for activation {activation!r}")
    require(start.sizes == model.sizes, "start.sizes", start.sizes, f"{model.sizes}")
    theta = start.parameters.copy()
    sizes = fully_connected.as_sizes(model.sizes)
    require(bool(np.isfinite(theta).all()), "start.parameters", "not finite", "finite numbers")
    matrices = fully_connected.layers(theta, sizes)
    if activation == "relu":  # a neuron's length moves to its outgoing weights
        for matrix, above in itertools.pairwise(matrices):
            lengths = _lengths(matrix)
            matrix /= np.where(lengths > 0, lengths, 1.0)[:, None]
            above[:, :-1] *= lengths
    for matrix in matrices:
        lengths = _lengths(matrix)
        matrix[lengths == 0, -1] = 1.0  # a neuron without weights has a direction too
        extreme = (lengths > 0) & ((lengths < 1e-100) | (lengths > 1e100))  # their squares are no numbers
        matrix[extreme] /= lengths[extreme, None]
    return on_spheres(theta, sizes)
