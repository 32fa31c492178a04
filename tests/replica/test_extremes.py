"""Edges of what doubles and contracts can hold: narrow intervals, lines at the end of the branch, infinite capacities, attributes of an instance."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

from learnscape import Binary, Discrete, Margin, Spherical, SymmetricMargin
from learnscape.constraints import Constraint
from learnscape.learn import enumerate_solutions
from learnscape.replica import rs, rsb


@pytest.mark.kernels
@pytest.mark.parametrize("kappa", [1e-17, 1e-12, 1e-8, 1e-4, 0.0199, 0.0201, 0.3])
@pytest.mark.parametrize("omega", [0.0, 1e-6, -0.7, 2.4, -2.6, 9.0])
def test_terms_of_narrow_intervals(kappa, omega) -> None:
    f, g, dg = (float(part[0]) for part in SymmetricMargin(kappa).terms(np.array([omega]), 1.0))
    with mp.workdps(80):
        low, high = -mp.mpf(kappa) - mp.mpf(omega), mp.mpf(kappa) - mp.mpf(omega)
        mass = (mp.erf(high / mp.sqrt(2)) - mp.erf(low / mp.sqrt(2))) / 2
        slope = (mp.npdf(low) - mp.npdf(high)) / mass
        bend = (low * mp.npdf(low) - high * mp.npdf(high)) / mass - slope**2
        assert f == pytest.approx(float(mp.log(mass)), rel=1e-13)
        assert g == pytest.approx(float(slope), rel=1e-11)
        assert dg == pytest.approx(float(bend), rel=1e-10)


def test_the_line_at_the_very_end_of_the_branch() -> None:
    for kappa in (-1e-8, -1e-6, -1e-5):
        line = rs.at_line(Spherical(), Margin(kappa))
        assert line == pytest.approx(rs.saddle_limit(Spherical(), Margin(kappa)), rel=2e-9)
    assert rs.at_line(Binary(), Margin(1000.0)) == pytest.approx(
        rs.saddle_limit(Binary(), Margin(1000.0)), rel=2e-9
    )
    with pytest.raises(ValueError, match="stable wherever"):
        rs.at_line(Spherical(), Margin(0.0))


@pytest.mark.parametrize("kappa", [-40.0, 1e5])
def test_states_at_a_capacity_that_has_none_say_why(kappa) -> None:
    for ask in (
        lambda: rs.stabilities_at_capacity(Binary(), Margin(kappa), [0.0]),
        lambda: rsb.capacity(Binary(), Margin(kappa)),
    ):
        with pytest.raises(ValueError, match=r"solutions at every load|end of the branch"):
            ask()


class Anything(Constraint):
    edges = ()

    def terms(self, omega, variance):
        shape = np.broadcast_shapes(np.shape(omega), np.shape(variance))
        return np.zeros(shape), np.zeros(shape), np.zeros(shape)

    def allowed(self, stability):
        return np.ones(np.shape(stability), dtype=bool)


def test_a_constraint_without_edges() -> None:
    density, atoms = rs.stabilities_at_capacity(Spherical(), Anything(), [0.0])
    assert atoms == ()
    assert density[0] == pytest.approx(1 / math.sqrt(2 * math.pi))


def test_attributes_of_an_instance_count() -> None:
    class Shifted(Margin):
        def __post_init__(self) -> None:
            super().__post_init__()
            object.__setattr__(self, "terms", Margin(self.kappa + 0.5).terms)

    fast, slow = (rs.solve(Binary(), Shifted(0.0), 0.3, path=path).q for path in ("auto", "generic"))
    assert fast == slow != pytest.approx(rs.solve(Binary(), Margin(0.0), 0.3).q)


def test_an_inherited_symmetry_is_checked() -> None:
    class Lopsided(SymmetricMargin):
        edges = (-1.0, 2.0)

        def terms(self, omega, variance):
            return SymmetricMargin(1.5).terms(np.asarray(omega) - 0.5, variance)

        def allowed(self, stability):
            return (np.asarray(stability) >= -1.0) & (np.asarray(stability) <= 2.0)

    with pytest.raises(ValueError, match="edges are symmetric"):
        rs.solve(Binary(), Lopsided(1.5), 0.3)


def test_enumeration_of_many_levels_and_of_extreme_numbers() -> None:
    found = enumerate_solutions([[1.0]], weights=Discrete(range(-17000, 17001)), return_solutions=True)
    assert found.solutions.min() == 0.0
    assert found.solutions.max() == found.count - 1 == 17000
    patterns = np.array([[1.0, -1.0, 1.0]])
    for scale, level in ((1e250, 1e100), (1e-280, 1e-100)):
        with pytest.raises(ValueError, match="rescale"):
            enumerate_solutions(scale * patterns, weights=Discrete((-level, level)))
    with pytest.raises(ValueError, match="edges up to"):
        enumerate_solutions(patterns, 1e308)
    with pytest.raises(ValueError, match="max_solutions"):
        enumerate_solutions(patterns, return_solutions=True, max_solutions=None)
    with pytest.raises(ValueError, match="left out"):
        enumerate_solutions(patterns, np.zeros(2), constraint=Margin(0.0))
