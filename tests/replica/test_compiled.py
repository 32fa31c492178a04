"""The table of compiled solvers: every row equals the generic path, subclasses keep a kernel only while it is right for them."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest

from learnscape import Binary, Margin, Spherical, SymmetricMargin
from learnscape.constraints import Constraint
from learnscape.replica import rs, rsb, teacher, unsat
from learnscape.replica._compiled import NOTHING, TABLE, compiled, stands_for
from learnscape.weights import Weights


class Named(Margin):
    """Adds to a margin, changes nothing."""

    label = "mine"

    def describe(self) -> str:
        return f"{self.label}: {self.kappa}"


@dataclasses.dataclass(frozen=True)
class Default(Margin):
    """Another default of the parameter."""

    kappa: float = 0.4


class Fair(Spherical):
    """The same sphere by another name."""


class Coins(Binary):
    """The same signs by another name."""


def overriding(known: type, name: str) -> type:
    """A subclass that overrides one public attribute with a copy of it."""
    original = getattr(known, name)
    if isinstance(original, property):
        copy = property(lambda self: original.fget(self))
    elif callable(original):
        copy = lambda self, *args: original(self, *args)  # noqa: E731
    else:
        copy = not original if isinstance(original, bool) else 2.0 * original
    return type(f"Other{name}", (known,), {name: copy})


def public(known: type) -> list[str]:
    """Attributes, without the parameters."""
    fields = {field.name for field in dataclasses.fields(known)}
    return [name for name in dir(known) if not name.startswith("_") and name not in fields]


@pytest.mark.parametrize("pair", TABLE, ids=lambda pair: f"{pair[0].__name__}-{pair[1].__name__}")
@pytest.mark.parametrize("kappa", [-2.0, 0.0, 0.8])
def test_every_row_equals_the_generic_path(pair, kappa):
    weights, constraint = pair[0](), pair[1](kappa)
    assert compiled(weights, constraint) is TABLE[pair]
    alpha = 0.6 * rs.saddle_limit(weights, constraint)
    fast, slow = (rs.solve(weights, constraint, alpha, path=path) for path in ("auto", "generic"))
    for field in ("q", "q_hat", "entropy", "replicon"):
        assert getattr(fast, field) == pytest.approx(getattr(slow, field), rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("constraint", [Named(0.2), Default()])
@pytest.mark.parametrize("weights", [Fair(), Coins()])
def test_a_subclass_that_overrides_nothing_keeps_the_kernel(weights, constraint):
    known = type(weights).__base__
    assert compiled(weights, constraint) is TABLE[known, Margin]
    found = rs.solve(weights, constraint, 0.3)
    assert found.q == rs.solve(known(), Margin(constraint.kappa), 0.3).q
    assert found.constraint is constraint
    assert teacher.solve(weights, 1.0).overlap == teacher.solve(known(), 1.0).overlap


@pytest.mark.parametrize("name", public(Margin))
def test_a_margin_that_overrides_anything_has_no_kernel(name):
    other = overriding(Margin, name)(0.0)
    assert not stands_for(Margin, other)
    assert compiled(Binary(), other) is NOTHING
    assert compiled(Spherical(), other) is NOTHING
    with pytest.raises(ValueError, match="a Margin"):
        unsat.solve(Spherical(), other, 5.0)


@pytest.mark.parametrize("known", [Binary, Spherical])
def test_weights_that_override_anything_have_no_kernel(known):
    for name in public(known):
        other = overriding(known, name)()
        assert compiled(other, Margin(0.0)) is NOTHING, name
        with pytest.raises(ValueError, match=r"Binary\(\) or Spherical\(\)"):
            teacher.solve(other, 1.0)
        if known is Spherical and not other.discrete:
            with pytest.raises(ValueError, match="its own entropy"):
                rsb.capacity(other, Margin(-0.5))


def test_a_parameter_that_is_computed_has_no_kernel():
    class Doubled(Margin):
        """The kernel would read kappa, but what kappa is depends on the class."""

        def __getattribute__(self, name):
            value = super().__getattribute__(name)
            return 2.0 * value if name == "kappa" else value

    class Fixed(Margin):
        kappa = property(lambda self: 0.3, lambda self, value: None)

    for other in (Doubled(0.3), object.__new__(Fixed)):
        assert compiled(Binary(), other) is NOTHING


def test_other_families_have_no_kernel():
    assert compiled(Binary(), SymmetricMargin(1.0)) is NOTHING
    for known in (Weights, Constraint):
        assert not stands_for(known, 1.0)


def test_a_mixture_of_two_known_classes_has_no_kernel():
    class Both(SymmetricMargin, Margin):
        """Which set it allows depends on the order of its bases."""

    assert isinstance(Both(1.0), Margin)
    assert compiled(Binary(), Both(1.0)) is NOTHING


def test_a_load_beyond_the_saddle_is_refused_with_the_limit():
    for constraint in (Margin(0.0), Named(0.0)):
        with pytest.raises(ValueError, match=r"only for 0 < alpha < 1\.27323954"):
            rs.solve(Binary(), constraint, 1.4)


def test_kernels_that_return_named_tuples_are_kept_on_disk():
    """A second process loads them: none of the three is compiled again."""
    code = """
from learnscape import Binary, Margin
from learnscape.replica import rs, teacher
from learnscape.replica._rs_kernels import binary_capacity_kernel, rs_margin_kernel
from learnscape.replica._teacher_kernels import teacher_kernel
rs.solve(Binary(), Margin(0.0), 0.5), rs.capacity(Binary(), Margin(0.0)), teacher.solve(Binary(), 1.0)
print(*(sum(f.stats.cache_misses.values()) for f in (rs_margin_kernel, binary_capacity_kernel, teacher_kernel)))
"""
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ,
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
    assert done.stdout.split() == ["0", "0", "0"]


def test_the_innermost_level_is_the_one_of_the_leaf():
    innermost = compiled(Spherical(), Margin(-0.5)).innermost
    assert innermost is not None
    parts = innermost(Margin(-0.5), np.array([-1.0, 0.2]), 7.0, 0.3)
    assert parts.shape == (4, 2)
    step = 1e-5
    up, down = (innermost(Margin(-0.5), np.array([-1.0 + s, 0.2 + s]), 7.0, 0.3) for s in (step, -step))
    assert np.allclose((up[0] - down[0]) / (2 * step), parts[1], rtol=1e-8)
    up, down = (innermost(Margin(-0.5), np.array([-1.0, 0.2]), 7.0 + s, 0.3) for s in (step, -step))
    assert np.allclose((up[0] - down[0]) / (2 * step), parts[3], rtol=1e-6)
