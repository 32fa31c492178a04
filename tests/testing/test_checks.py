"""check_weights and check_constraint: our classes pass over wide ranges, and a class that breaks a law is told which one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape import Binary, Discrete, Margin, OuterMargin, Spherical, SymmetricMargin
from learnscape.testing import check_constraint, check_weights
from learnscape.weights import Weights

KAPPAS = (0.02, 0.4, 1.0, 3.0, 8.0, 20.0)
CONSTRAINTS = [Margin(k) for k in (-20.0, -6.0, -1.0, 0.0, 0.3, 2.0, 15.0)]
CONSTRAINTS += [kind(k) for kind in (SymmetricMargin, OuterMargin) for k in KAPPAS]


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=str)
def test_our_constraints_keep_the_contract(constraint) -> None:
    check_constraint(constraint)


class PlainBinary(Binary):
    """Two signs whose averages all come from ``local``."""

    def local(self, field, precision):
        return super().local(field, precision)


class PlainSpherical(Spherical):
    """The sphere, likewise: even the multiplier is found numerically."""

    def local(self, field, precision):
        return super().local(field, precision)


class FixedTernary(Weights):
    """Levels -1, 0, 1 with a prescribed share of zeros: the precision is a multiplier, of either sign."""

    discrete = True

    def __init__(self, overlap: float) -> None:
        self.share = overlap

    @property
    def self_overlap(self):
        return self.share

    def local(self, field, precision):
        return Discrete((-1, 0, 1)).local(field, precision)


WEIGHTS = [
    Binary(),
    Spherical(),
    PlainBinary(),
    PlainSpherical(),
    *(Discrete(levels) for levels in ((-1, 1), (-3, 3), (-1, 0, 1), (0, 1), (-2, -0.5, 1, 3), range(-4, 5))),
    FixedTernary(0.3),
    FixedTernary(0.9),
]


@pytest.mark.parametrize(
    "weights", WEIGHTS, ids=lambda w: str(w) if isinstance(w, Discrete) else type(w).__name__
)
def test_our_weights_keep_the_contract(weights) -> None:
    check_weights(weights)


# ---------------------------------------------------------------------------------------------- constraints that break one law
class Toy(Margin):
    """A margin that breaks one law, ``broken``."""

    broken = ""

    def terms(self, omega, variance):
        f, g, dg = super().terms(omega, variance)
        v = np.broadcast_to(variance, np.shape(f))
        match self.broken:
            case "slope":
                g = 1.001 * g
            case "bend":
                dg = dg * (1.0 + 1e-4 * (np.abs(omega) < 1))
            case "heat":  # the derivatives in omega are right, those in V are not
                f = f + 1e-4 * (v - 1.0)
            case "mass":  # a factor in front of the probability
                f = f - 1e-3
            case "positive":
                f = f + 2.0
            case "nan":
                f = np.where(np.asarray(omega) > 8.5, math.nan, f)
            case "shape":
                return f[:1], g, dg
            case "complex":
                return f + 0j, g, dg
            case "array" if np.ndim(variance) > 0:
                return super().terms(omega, np.full_like(variance, np.max(variance)))
        return f, g, dg

    def squared_distance(self, omega):
        return super().squared_distance(omega) * (2.0 if self.broken == "distance" else 1.0)

    def allowed(self, stability):
        inside = super().allowed(stability)
        return (
            inside.astype(float)
            if self.broken == "truth"
            else inside ^ (self.broken == "allowed" and np.abs(stability) > 5)
        )


LAWS = {
    "slope": "g is not the derivative of f",
    "bend": "dg is not the derivative of g",
    "heat": "heat equation",
    "mass": "Gaussian mass",
    "positive": "f <= 0",
    "nan": "no finite real arrays",
    "shape": "shape of omega",
    "complex": "real",
    "array": "array of variances",
    "distance": "nearest edge",
    "truth": "truth values",
    "allowed": "just where the stability is allowed",
}


@pytest.mark.parametrize("broken", LAWS)
def test_the_broken_law_of_a_constraint_is_named(broken) -> None:
    kind = type("Toy", (Toy,), {"broken": broken})
    with pytest.raises(AssertionError, match=LAWS[broken]) as caught:
        check_constraint(kind(0.2))
    assert "Toy(kappa=0.2)" in str(caught.value)


def test_other_broken_constraints() -> None:
    class OneSided(Margin):
        symmetric = True

    class Elsewhere(SymmetricMargin):
        edges = (-2.0, 2.0)

    with pytest.raises(AssertionError, match="mirrored"):
        check_constraint(OneSided(0.3))
    with pytest.raises(AssertionError, match="distance"):
        check_constraint(Elsewhere(1.0))

    class Forgotten(SymmetricMargin):
        symmetric = False

    with pytest.raises(AssertionError, match="symmetric is False"):
        check_constraint(Forgotten(1.0))
    with pytest.raises(ValueError, match="an instance of a Constraint"):
        check_constraint(Margin)


def test_a_limit_that_is_another_sets_is_named() -> None:
    """All of the terms are those of one margin, all of the sets those of another: the mass tells, and without it the limit would."""

    class Moved(Margin):
        def terms(self, omega, variance):
            return Margin(self.kappa + 0.1).terms(omega, variance)

    with pytest.raises(AssertionError, match="mass"):
        check_constraint(Moved(0.0))


# ---------------------------------------------------------------------------------------------- weights that break one law
class ToyWeights(Binary):
    """Two signs that break one law, ``broken``."""

    broken = ""

    def local(self, field, precision):
        log_z, mean, variance = super().local(field, precision)
        match self.broken:
            case "mean":
                mean = 1.001 * mean
            case "variance":
                variance = variance + 1e-4
            case "precision":
                log_z = log_z + 1e-3 * np.asarray(precision)
            case "negative":
                variance = -variance
            case "nan":
                mean = np.where(np.asarray(field) > 30, math.nan, mean)
            case "shape":
                return log_z, mean, 1.0
            case "array" if np.ndim(precision) > 0 and np.size(precision) == 2:
                return super().local(field, np.full_like(precision, np.max(precision)))
        return log_z, mean, variance


LOCAL_LAWS = {
    "mean": "the mean is not the derivative of ln Z",
    "variance": "the variance is not the derivative of the mean",
    "precision": "derivative of ln Z by the precision",
    "negative": "variance >= 0",
    "nan": "finite",
    "shape": "shape of the field",
    "array": "array of precisions",
}


@pytest.mark.parametrize("broken", LOCAL_LAWS)
def test_the_broken_law_of_weights_is_named(broken) -> None:
    with pytest.raises(AssertionError, match=LOCAL_LAWS[broken]):
        check_weights(type("ToyWeights", (ToyWeights,), {"broken": broken})())


@pytest.mark.parametrize("name", ["overlap", "one_minus_overlap", "fluctuation", "entropic_term", "q_hat"])
def test_a_wrong_average_is_named(name) -> None:
    def wrong(self, *arguments):
        return 1.01 * getattr(Binary, name)(self, *arguments)

    with pytest.raises(AssertionError, match=name):
        check_weights(type("Wrong", (Binary,), {name: wrong})())


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"annealed_entropy": 0.5}, "annealed_entropy"),
        ({"limit_q_hat": 1.0}, "limit_q_hat"),
        ({"symmetric": False}, "symmetric is False"),
        ({"self_overlap": -1.0}, "self_overlap"),
    ],
)
def test_a_wrong_attribute_is_named(attributes, message) -> None:
    with pytest.raises(AssertionError, match=message):
        check_weights(type("Wrong", (Binary,), attributes)())


def test_what_is_no_weights_is_refused() -> None:
    with pytest.raises(ValueError, match="an instance of a Weights"):
        check_weights(Binary)
