"""Every pair of weights and constraint, and a subclass of each, through every public function: the same numbers, or a clear refusal."""

from __future__ import annotations

import contextlib
import functools
import math
import warnings

import numpy as np
import pytest

from learnscape import (
    Binary,
    ConvergenceError,
    Discrete,
    Margin,
    OuterMargin,
    ReplicaSymmetryWarning,
    SlowPathWarning,
    Spherical,
    SymmetricMargin,
)
from learnscape.ansatz import Tree, average
from learnscape.constraints import Constraint
from learnscape.learn import enumerate_solutions
from learnscape.patterns import random_patterns
from learnscape.replica import rs
from learnscape.replica._compiled import _row, stands_for
from learnscape.replica._rs_point import energetic
from learnscape.weights import Weights
from sampled import sampled

WEIGHTS = [Binary(), Spherical(), Discrete((-1, 1)), Discrete((-1, 0, 1))]
CONSTRAINTS = [Margin(0.3), Margin(-0.5), SymmetricMargin(1.0), OuterMargin(0.6)]
DELTA = np.array([-1.3, -0.7, 0.0, 0.4, 0.9, 2.0])


def renamed(thing):
    """The same, as an instance of a subclass that overrides nothing."""
    return type("Renamed", (type(thing),), {})(*vars(thing).values())


def rewritten(thing):
    """The same, as an instance of a subclass whose methods are its own: only the generic path can know that they compute the same."""
    kind = type(thing)
    names = ("local",) if isinstance(thing, Weights) else ("terms", "allowed", "squared_distance")
    methods = {name: lambda self, *a, name=name: getattr(kind, name)(self, *a) for name in names}
    return type("Rewritten", (kind,), methods)(*vars(thing).values())


@functools.cache
def everything(weights, constraint) -> dict[str, object]:
    """All public functions of rs, and which of them refuse."""
    alpha = 0.2

    def call(function, *arguments):
        try:
            return function(*arguments)
        except ValueError:
            return "refused"

    state = call(rs.solve, weights, constraint, alpha)
    at_capacity = call(rs.stabilities_at_capacity, weights, constraint, DELTA)
    return {
        "solve": (state.q, state.q_hat, state.entropy, state.replicon, state.self_overlap),
        "entropy": call(rs.entropy, weights, constraint, alpha),
        "overlap": call(rs.overlap, weights, constraint, alpha),
        "saddle_limit": call(rs.saddle_limit, weights, constraint),
        "capacity": call(rs.capacity, weights, constraint),
        "at_line": call(rs.at_line, weights, constraint),
        "annealed_bound": call(rs.annealed_bound, weights, constraint),
        "annealed_bound at a load": call(rs.annealed_bound, weights, constraint, alpha),
        "stabilities": call(rs.stabilities, state, DELTA),
        "stabilities_at_capacity": at_capacity if isinstance(at_capacity, str) else at_capacity.density,
        "atoms": at_capacity if isinstance(at_capacity, str) else np.ravel(at_capacity.atoms),
    }


@pytest.mark.filterwarnings(
    "ignore::learnscape.errors.ReplicaSymmetryWarning", "ignore::learnscape.errors.SlowPathWarning"
)
@pytest.mark.parametrize(
    ("weights", "constraint"),
    sampled([(w, c) for w in WEIGHTS for c in CONSTRAINTS], every=7, start=2),
    ids=str,
)
def test_subclasses_give_the_numbers_of_their_parents(weights, constraint) -> None:
    expected = everything(weights, constraint)
    # With a free self-overlap there is one path only, and it takes seconds: one kind of subclass will do.
    for kind in (renamed, rewritten) if weights.self_overlap else (rewritten,):
        found = everything(kind(weights), kind(constraint))
        for name, value in expected.items():
            if isinstance(value, str):
                assert found[name] == value, name
            else:
                assert not isinstance(found[name], str), f"{name}: {found[name]}"
                assert np.asarray(found[name]) == pytest.approx(np.asarray(value), rel=1e-9, abs=1e-10), name


@pytest.mark.parametrize(
    ("weights", "constraint"),
    sampled([(w, c) for c in CONSTRAINTS for w in WEIGHTS], every=3, start=1),
    ids=str,
)
def test_what_every_pair_answers_makes_sense(weights, constraint) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReplicaSymmetryWarning)
        found = everything(weights, constraint)
    q, _, entropy, _, self_overlap = found["solve"]
    assert 0.0 <= q < self_overlap
    assert entropy <= found["annealed_bound at a load"] + 1e-12
    assert np.all((np.asarray(found["stabilities"]) > 0) == constraint.allowed(DELTA))
    assert isinstance(found["annealed_bound"], str) == (not weights.discrete)
    if weights.discrete:
        assert found["capacity"] <= found["annealed_bound"] * (1 + 1e-12)
    if not isinstance(found["at_line"], str) and found["at_line"] < math.inf:
        line = found["at_line"]
        assert rs.solve(weights, constraint, line * (1 - 1e-6)).stable
        assert not rs.solve(weights, constraint, line * (1 + 1e-6)).stable


LIMITS = [
    (weights, kappa)
    for weights in (Binary(), Spherical())
    for kappa in (-36.0, -25.0, -20.0, -15.0, -12.0, -11.5, -8.0, -4.0, 5.0, 25.0)
]


@pytest.mark.parametrize(("weights", "kappa"), LIMITS)
def test_both_paths_agree_for_extreme_margins(weights, kappa) -> None:
    """Below kappa = -11.5 the generic path did not see the saddle of smallest overlap, which is the lowest one up to 0.94 of the limit."""
    margin = Margin(kappa)
    for fraction in (1e-9, 0.1, 0.9, 0.93, 0.95, 0.99):
        alpha = fraction * rs.saddle_limit(weights, margin)
        one, other = (
            rs.solve(weights, margin, alpha),
            rs.solve(weights, margin, alpha, path="generic", tol=1e-9),
        )
        assert other.q == pytest.approx(one.q, rel=1e-9, abs=1e-150)
        assert other.entropy == pytest.approx(one.entropy, rel=1e-9, abs=1e-12)
        assert other.replicon == pytest.approx(one.replicon, rel=1e-8, abs=1e-9)
    if weights.discrete:
        assert rs.generic.capacity(weights, margin)[0] == pytest.approx(
            rs.capacity(weights, margin), rel=1e-10
        )


# ---------------------------------------------------------------------------------------------- slow paths are said
def test_the_slow_path_is_said_once_for_a_pair_of_classes() -> None:
    _row.cache_clear()
    mine, other = rewritten(Margin(0.1)), rewritten(Binary())
    with pytest.warns(SlowPathWarning, match="Binary with Rewritten overrides"):
        rs.solve(Binary(), mine, 0.2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rs.solve(Binary(), mine, 0.3)
        rs.capacity(Binary(), mine)
    with pytest.warns(SlowPathWarning, match="Rewritten with Margin overrides"):
        rs.capacity(other, Margin(0.1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for quiet in (renamed(Binary()), Discrete((-1, 1))):  # nothing overridden; no compiled parent
            rs.solve(quiet, renamed(Margin(0.1)), 0.2)
        rs.solve(rewritten(Binary()), Margin(0.1), 0.2, path="generic")  # asked for


def test_a_method_given_again_unchanged_is_no_override() -> None:
    for name in ("moments", "overlap", "self_overlap", "annealed_entropy"):
        mine = type(
            "Mine", (Binary,), {name: getattr(Binary, name) if callable(getattr(Binary, name)) else 1.0}
        )
        changed = getattr(mine, name) is not getattr(Binary, name)
        assert stands_for(Binary, mine()) == (not changed)


@pytest.mark.weekly
def test_overrides_reach_every_function() -> None:
    """A new ``local`` must not meet the averages that the parent took for its own."""

    class Ternary(Binary):
        self_overlap = None

        def local(self, field, precision):
            return Discrete((-1, 0, 1)).local(field, precision)

    with pytest.warns(SlowPathWarning):
        mine = rs.solve(Ternary(), Margin(0.3), 0.3)
    expected = rs.solve(Discrete((-1, 0, 1)), Margin(0.3), 0.3)
    assert (mine.q, mine.entropy, mine.self_overlap) == pytest.approx(
        (expected.q, expected.entropy, expected.self_overlap), rel=1e-11
    )
    assert rs.capacity(Ternary(), Margin(0.3)) == pytest.approx(
        rs.capacity(Discrete((-1, 0, 1)), Margin(0.3)), rel=1e-10
    )
    with pytest.raises(ValueError, match="ground_state"):
        rs.saddle_limit(Ternary(), Margin(0.3))
    with pytest.raises(ValueError, match="weights"):
        enumerate_solutions([[1, 1, 1]], weights=Ternary())


def test_enumeration_reads_the_methods_of_a_subclass() -> None:
    class Upper(Margin):
        """Stability at most kappa."""

        def allowed(self, stability):
            return np.asarray(stability) <= self.kappa

    for kind in ("binary", "gaussian"):
        xi = random_patterns(6, 13, kind=kind, rng=4)
        mirrored = enumerate_solutions(-xi, -0.4).count
        assert enumerate_solutions(xi, constraint=Upper(0.4)).count == mirrored > 0


# ---------------------------------------------------------------------------------------------- nonsense is noticed
class NotANumber(Margin):
    """A constraint of which one part is nan."""

    part = ""

    def terms(self, omega, variance):
        f, g, dg = super().terms(omega, variance)
        return f * math.nan if self.part == "f" else f, g, dg * math.nan if self.part == "dg" else dg

    def squared_distance(self, omega):
        return super().squared_distance(omega) * (math.nan if self.part == "distance" else 1.0)


@pytest.mark.filterwarnings("ignore::learnscape.errors.SlowPathWarning")
@pytest.mark.parametrize("part", ["f", "dg", "distance"])
@pytest.mark.parametrize("weights", [Binary(), Spherical(), Discrete((-1, 0, 1))], ids=str)
def test_nan_is_never_an_answer(weights, part) -> None:
    broken = type("NotANumber", (NotANumber,), {"part": part})(0.2)
    functions = [rs.saddle_limit] if part == "distance" else [lambda w, c: rs.solve(w, c, 0.3)]
    for function in functions:
        with pytest.raises(ValueError, match=r"terms are finite|squared_distance is >= 0"):
            function(weights, broken)


class Custom(Weights):
    """Weights of a reader's own, with averages of her own; two signs but for what is overridden."""

    discrete = True

    def local(self, field, precision):
        return Binary().local(field, precision)


class Refused(Exception):
    """A clear refusal."""


def refusing(call):
    """Call, and tell a clear refusal from the errors of arithmetic, such as ZeroDivisionError and "math domain error"."""
    try:
        return call()
    except ValueError as error:
        if "is not allowed" in str(error):
            raise Refused from error
        raise


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"fluctuation": lambda self, q_hat: 0.0}, None),
        ({"fluctuation": lambda self, q_hat: math.nan}, "fluctuation"),
        ({"limit_q_hat": 0.0}, "limit_q_hat"),
        ({"one_minus_overlap": lambda self, q_hat: 0.0}, "limit_q_hat"),  # derived from it
        ({"overlap": lambda self, q_hat: 0.3}, "overlap"),
        ({"entropic_term": lambda self, q_hat, v: math.nan}, "entropic term"),
        ({"self_overlap": 2.0}, "self-overlap"),
        ({"self_overlap": math.nan}, "self_overlap"),
        ({"local": lambda self, field, precision: (field, field)}, "ln Z, mean and variance"),
        ({"local": lambda self, field, precision: (field, field, -1.0 + 0 * field)}, "variance >= 0"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
@pytest.mark.parametrize("constraint", [Margin(0.2), SymmetricMargin(1.0)], ids=str)
def test_custom_weights_give_a_number_or_a_clear_refusal(overrides, message, constraint) -> None:
    weights = type("Custom", (Custom,), overrides)()
    for call in (
        lambda: rs.solve(weights, constraint, 0.3).entropy,
        lambda: rs.capacity(weights, constraint),
        lambda: rs.at_line(weights, constraint),
        lambda: rs.saddle_limit(weights, constraint),
    ):
        with contextlib.suppress(ConvergenceError, Refused):
            assert math.isfinite(refusing(call))
    if message is not None:
        with pytest.raises(ValueError, match=message):
            rs.solve(weights, constraint, 0.3)


def test_beyond_the_limit_a_symmetric_problem_says_what_is_left() -> None:
    """There q = 0 alone is a saddle, past the capacity; it used to be returned as if nothing were special."""
    for weights in (Binary(), Discrete((-1, 1))):
        limit = rs.saddle_limit(weights, SymmetricMargin(8.0))
        assert limit > rs.capacity(weights, SymmetricMargin(8.0))
        with pytest.raises(ValueError, match="pass q0=0"):
            rs.solve(weights, SymmetricMargin(8.0), 1.01 * limit)
        asked = rs.solve(weights, SymmetricMargin(8.0), 1.01 * limit, q0=0.0)
        assert (asked.q, asked.converged) == (0.0, True)
        assert asked.entropy < 0


def test_a_symmetric_constraint_does_not_make_the_weights_symmetric() -> None:
    """With levels 0 and 1 typical solutions overlap, whatever the constraint."""
    s = rs.solve(Discrete((0, 1)), SymmetricMargin(1.0), 0.3)
    assert s.q > 0.2
    assert not Discrete((0, 1)).symmetric


@pytest.mark.parametrize("constraint", [Margin(-0.7), OuterMargin(0.6), SymmetricMargin(0.4)], ids=str)
def test_the_derived_distance_and_cusps(constraint) -> None:
    points = np.linspace(-3, 3, 121)
    assert Constraint.squared_distance(constraint, points) == pytest.approx(
        constraint.squared_distance(points), abs=1e-14
    )
    fields, width = constraint.bends(1e-2)
    assert set(constraint.edges) <= set(fields)
    assert width == pytest.approx(0.55e-2 / 0.66 if isinstance(constraint, OuterMargin) else 0.1)


# ------------------------------------------------------------------------------- replica symmetry is the simplest tree
@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=repr)
@pytest.mark.parametrize(
    ("q", "self_overlap"),
    sampled([(1e-6, 1.0), (0.3, 1.0), (0.95, 1.0), (0.9999, 1.0), (0.4, 0.7), (2.0, 2.5)], every=3, start=1),
)
def test_the_averages_are_those_of_a_tree_of_one_overlap(constraint, q, self_overlap) -> None:
    """The solver's own rule, which also resolves violations rarer than the tree's grid reaches, and the average of every ansatz."""
    tree = Tree((q,), self_overlap=self_overlap)
    edges, width = constraint.bends(tree.variance)
    found = average(
        lambda h: constraint.terms(h, tree.variance), tree, edges=edges, width=width, widens=False
    )
    point = energetic(constraint, q, tree.variance)
    for one, other in zip(point, (found.value, found.slope2[0], found.bend2[0], found.bend[0]), strict=True):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-12)
