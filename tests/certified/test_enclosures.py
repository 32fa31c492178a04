"""Ball arithmetic: intervals that provably contain the values of three formulas, with the errors of quadrature and of rounding included.

What is certified is the value of a *formula*: Gardner's integral, the zero of the replica-symmetric entropy, the functional of one step of replica symmetry
breaking at one trial point. That the formula is the capacity is a theorem for kappa >= 0 (Gardner), and the replica method's claim for the two others.

Arb integrates analytic functions with rigorous error bounds on a finite interval; what lies beyond is bounded by hand, with

* A(u) = G(u)/H(u) <= 1 + |u| (Birnbaum 1942: A(u) < (u + sqrt(u^2 + 4))/2; for u <= 0, A <= sqrt(2/pi)), and so |A(u) - u| <= 1 + 2|u|;
* -ln H(u) <= (1 + |u|)^2/2 + ln sqrt(2 pi), because H(u) >= int_u^{u+1} G >= G(u + 1) for u >= 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import pytest
from flint import acb, arb, ctx

from learnscape import Binary, Margin, Spherical
from learnscape.ledger import entry
from learnscape.replica import rs, rsb, two_layer

Ball = Callable[[acb, bool], acb]
END = 13  # of the integrals; the Gaussian measure beyond is 1e-38


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    before = ctx.dps
    ctx.dps = 25
    yield
    ctx.dps = before


def exact(number: float | str | Fraction) -> arb:
    fraction = Fraction(number)
    return arb(fraction.numerator) / arb(fraction.denominator)


def density(z: acb) -> acb:
    return (-z * z / 2).exp() / (2 * acb.pi()).sqrt()


def tail(u: acb) -> acb:
    """H(u)."""
    return (u / acb(2).sqrt()).erfc() / 2


def average(function: Ball, factor: arb, slope: arb, power: int, tolerance: float = 1e-22) -> arb:
    """int Dz function(z), where |function| <= factor (1 + slope |z|)^power beyond END.

    From END on the logarithm of the bound times the Gaussian falls at least as steeply as it does at END.
    """
    inside = acb.integral(
        lambda z, analytic: density(z) * function(z, analytic),
        -END,
        END,
        abs_tol=tolerance,
        rel_tol=tolerance,
    ).real
    steepness = END - power * slope / (1 + slope * END)
    assert steepness > 0
    outside = 2 * factor * (1 + slope * END) ** power * density(acb(END)).real / steepness
    return inside + arb(0, outside.upper())


def holds(interval: str, ball: arb) -> bool:
    """True if the ball lies in the printed interval."""
    low, high = (exact(text.strip()) for text in interval.strip("[]").split(","))
    return bool(low <= ball) and bool(ball <= high)


def near(number: float, ball: arb, relative: float) -> bool:
    """True if no point of the ball differs from the number by more than so much of it."""
    return bool(abs(exact(number) - ball) <= exact(relative) * abs(ball))


# --- Gardner's formula --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kappa", "name"),
    [
        ("-2", ""),
        ("-1", "gardner-rs-minus-one"),
        ("-1/2", "gardner-rs-minus-half"),
        ("0", ""),
        ("1/2", "gardner-capacity-margin"),
        ("1", "gardner-capacity-one"),
        ("5", ""),
    ],
)
def test_gardners_formula(kappa: str, name: str) -> None:
    """1/int Dz (kappa - z)_+^2, by integration and in closed form, with the digits that the ledger shows."""
    k = exact(kappa)
    # the square on the allowed side, up to a bounded rest
    inside = acb.integral(lambda z, _: density(z) * (k - z) ** 2, -END, k).real
    steepness = END - 2 / (abs(k) + END)
    shortfall = inside + arb(0, ((abs(k) + END) ** 2 * density(acb(END)).real / steepness).upper())
    closed = (1 + k * k) * tail(acb(-k)).real + k * density(acb(k)).real
    assert shortfall.overlaps(closed)
    assert (1 / shortfall).rel_accuracy_bits() > 60
    assert near(
        rs.capacity_and_replicon(Spherical(), Margin(float(Fraction(kappa))))[0], 1 / shortfall, 4e-15
    )
    if name:
        assert holds(entry(name).certified, 1 / shortfall)


# --- the zero of the entropy of binary weights --------------------------------------------------------------------------


class Branch:
    """The replica-symmetric branch of binary weights at kappa = 0 as a function of q_hat, with derivatives; balls in, balls out."""

    def __init__(self, q_hat: arb, tolerance: float = 1e-22) -> None:
        root = q_hat.sqrt()
        one = arb(1)

        def fields(function: Callable[[acb], acb]) -> arb:  # of bounded functions of tanh
            return average(lambda x, _: function((root * x).tanh()), arb(4), arb(0), 0, tolerance)

        q = fields(lambda t: t * t)
        q_slope = fields(
            lambda t: (1 - t * t) * (1 - 3 * t * t)
        )  # half the second derivative of tanh^2, by parts
        # ln 2cosh is not analytic in a strip of any width, but 2cosh has no zero in one of width pi/2
        log_cosh = average(lambda x, a: (2 * (root * x).cosh()).log(analytic=a), one, root, 1, tolerance)
        t = q / (1 - q)
        s = t.sqrt()

        def patterns(function: Callable[[acb, acb], acb], factor: arb, power: int) -> arb:  # of A(u) and u
            def integrand(z: acb, _: bool) -> acb:
                u = s * z
                return function(density(u) / tail(u), u)

            return average(integrand, factor, 2 * s, power, tolerance)

        squares = patterns(lambda a, u: a * a, one, 2)  # J
        squares_slope = patterns(
            lambda a, u: a * a * (2 * (a - u) ** 2 + a * (a - u) - 1), arb(4), 4
        )  # dJ/dt, half the second derivative of A^2
        log_h = average(lambda z, a: tail(s * z).log(analytic=a), arb(2), s, 2, tolerance)  # K
        log_h_slope = patterns(lambda a, u: -a * (a - u) / 2, one, 2)
        self.alpha = q_hat * (1 - q) / squares
        t_slope = q_slope / (1 - q) ** 2
        self.alpha_slope = self.alpha * (1 / q_hat - q_slope / (1 - q) - squares_slope * t_slope / squares)
        self.entropy = log_cosh - q_hat * (1 - q) / 2 + self.alpha * log_h
        self.entropy_slope = (
            -(1 - q) / 2
            + q_hat * q_slope / 2
            + (1 - q) / 2  # d/dq_hat of the mean of ln 2cosh
            + self.alpha_slope * log_h
            + self.alpha * log_h_slope * t_slope
        )
        # what the two before must be equal to, and a test says so
        self.stationary = self.alpha_slope * log_h
        self.q = q


def test_the_entropy_of_binary_weights_vanishes_at_one_load() -> None:
    """Interval Newton: N(X) = m - S(m)/S'(X) inside X proves that X holds exactly one zero of the entropy S along the branch.

    That the entropy has no other zero along the branch, outside X, is not shown here.
    """
    found = rs.solve_at_capacity(Binary(), Margin(0.0))
    middle = exact(found.q_hat)
    radius = 1e-10
    whole = Branch(middle + arb(0, radius), tolerance=1e-8)
    assert whole.entropy_slope < 0
    centre = Branch(middle)
    newton = middle - centre.entropy / whole.entropy_slope
    assert middle - radius < newton
    assert newton < middle + radius
    alpha = centre.alpha + whole.alpha_slope * (newton - middle)
    assert alpha.rad() < 1e-14
    for name in ("krauth-mezard-capacity", "krauth-mezard-interval"):
        assert holds(entry(name).certified, alpha)
    assert near(found.alpha, alpha, 1e-13)
    assert near(found.q, centre.q, 1e-11)


def test_along_the_branch_the_entropy_changes_with_the_load_alone() -> None:
    """At a saddle dS = (int Dz ln H) d alpha: the chain rule through q and q_hat must give the same ball."""
    branch = Branch(exact("2"))
    assert branch.entropy_slope.overlaps(branch.stationary)
    assert branch.entropy_slope.rel_accuracy_bits() > 50


# --- one step of replica symmetry breaking ------------------------------------------------------------------------------


def one_step_bound(kappa: str, q: arb, y: arb, overlap: arb | None = None, slope: arb | None = None) -> arb:
    """The functional of `rsb` with one step at (q, y), whose minimum is the capacity; with a kernel, that of `two_layer`."""
    k, s = exact(kappa), slope if slope is not None else arb(1)
    lam = 1 + y * (1 - q)
    sphere = (q / lam + lam.log() / y) / 2
    inner, y = (overlap if overlap is not None else q), y / s
    gap, root = 1 - inner, inner.sqrt()
    v = 1 + y * gap

    def phi(z: acb, analytic: bool) -> acb:
        x = root * z - k
        satisfied = tail(-x / gap.sqrt())
        violated = (-y * x * x / (2 * v)).exp() * tail(x / (gap * v).sqrt()) / v.sqrt()
        return (satisfied + violated).log(analytic=analytic) / y

    # 0 >= phi >= -(x^2 + 1 - q)/2 by Jensen's inequality
    far = 1 + abs(k)
    return sphere / -average(phi, far**2, root / far, 2) * s


@pytest.mark.parametrize("kappa", ["-1/2", "-1"])
def test_one_step_bounds_of_the_perceptron(kappa: str) -> None:
    """S/C with one step at a trial point (q, y): an enclosure of a number that the capacity with one step can't exceed."""
    found = rsb.capacity(Spherical(), Margin(float(Fraction(kappa))))
    bound = one_step_bound(kappa, exact(found.q[0]), exact(found.y[0]))
    assert bound.rel_accuracy_bits() > 60
    assert near(found.alpha, bound, 1e-13)


def test_one_step_bound_of_the_wide_relu_tree() -> None:
    """The same with the kernel D(q) of relu and y/D'(1)."""
    found = two_layer.capacity("relu")
    q = exact(found.q[0])
    variance = (1 - 1 / arb.pi()) / 2
    overlap = ((1 - q * q).sqrt() + q * (arb.pi() - q.acos()) - 1) / (2 * arb.pi() * variance)
    bound = one_step_bound("0", q, exact(found.y[0]), overlap, 1 / (2 * variance))
    assert near(found.alpha, bound, 1e-13)
    assert bound < exact("2.66429")


def test_every_trial_point_lies_above_the_minimum() -> None:
    """At other points than the optimum the certified value is larger, as a variational bound must be."""
    found = rsb.capacity(Spherical(), Margin(-1.0))
    for factor in (Fraction(9, 10), Fraction(11, 10)):
        q, y = exact(found.q[0]), exact(found.y[0]) * exact(factor)
        assert one_step_bound("-1", q, y) > exact(found.alpha)
