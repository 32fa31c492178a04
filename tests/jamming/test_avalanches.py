"""Avalanches of a jammed perceptron: every corner on the way is one, each jump begins where a force vanishes, and the slow way finds the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from learnscape.errors import ConvergenceError
from learnscape.jamming import perceptron


def driven(n, seed, field=1.0):
    state = perceptron.jam(n, 4.0, pressure=1e-3, rng=seed)
    u = np.random.default_rng(seed + 100).standard_normal(n)
    return state, u / np.linalg.norm(u), perceptron.avalanches(state, u, field)


def corner(xi, contacts):
    """The point and its edges, from the contacts alone."""
    edges = np.linalg.inv(xi[contacts])
    return -edges.sum(axis=1), edges


def slowly(state, u, end):
    """As the page describes it: a new inverse at every edge, all gaps computed anew."""
    xi, walls = state.patterns, state.contacts.copy()
    found, field = [], 0.0
    while True:
        v, edges = corner(xi, walls)
        pull = u @ edges
        when = np.full(len(u), np.inf)
        when[pull > 0] = -(v @ edges)[pull > 0] / pull[pull > 0]
        k, before, followed = when.argmin(), v, 0
        field = max(field, when[k])
        if field > end:
            return np.array(found).reshape(-1, 3)
        rise = np.array([1.0])
        while rise.max() > 1e-12:
            room, speed = xi @ v + 1, xi @ edges[:, k]
            room[walls] = np.inf
            walls[k] = np.where(speed < -1e-12, room / -np.minimum(speed, -1e-12), np.inf).argmin()
            v, edges = corner(xi, walls)
            rise = (v + field * u) @ edges / np.linalg.norm(edges, axis=0)
            k = rise.argmax()
            followed += 1
        found.append((field, np.sqrt(len(u)) * u @ (v - before), followed))


@pytest.mark.parametrize(("n", "seeds"), [(2, 30), (12, 20), (48, 6)])
def test_the_slow_way_finds_the_same_jumps(n, seeds):
    total = 0
    for seed in range(seeds):
        state = perceptron.jam(n, 4.0, method="edges", on_failure="return", rng=seed)
        if state.kappa > 0:  # a small draw may be separable
            continue
        u = np.random.default_rng(seed + 100).standard_normal(n)
        u /= np.linalg.norm(u)
        try:
            push = perceptron.avalanches(state, 3.0 * u, field=0.8)
        except ConvergenceError:
            assert n == 2  # a polygon that is open to one side
            continue
        slow = slowly(state, u, 0.8)
        assert push.edges.tolist() == slow[:, 2].tolist()
        assert push.fields == pytest.approx(slow[:, 0], rel=1e-9)
        assert push.sizes == pytest.approx(slow[:, 1], rel=1e-6, abs=1e-9)
        total += len(slow)
    assert total > 10


def test_every_corner_on_the_way_satisfies_all_and_the_forces_balance():
    for seed in range(6):
        state, u, push = driven(48, seed)
        xi = state.patterns
        assert push.contacts.shape == (len(push.sizes) + 1, 48)
        assert push.contacts[0].tolist() == state.contacts.tolist()
        ends = [*push.fields[1:], 1.0]
        for contacts, field in zip(push.contacts[1:], ends, strict=True):
            v, edges = corner(xi, contacts)
            assert np.all(np.diff(contacts) > 0)
            assert (xi @ v).min() > -1 - 1e-9
            forces = -(v + field * u) @ edges  # up to the next jump all stay positive
            assert forces.min() > -1e-9
            assert np.allclose(forces @ xi[contacts], -(v + field * u), atol=1e-9)


def test_a_jump_begins_where_a_force_vanishes():
    smallest = []
    for seed in range(6):
        state, u, push = driven(48, seed)
        for contacts, field in zip(push.contacts[:-1], push.fields, strict=True):
            v, edges = corner(state.patterns, contacts)
            smallest.append((-(v + field * u) @ edges).min())
            scale = np.abs(-v @ edges).mean()
            assert abs(smallest[-1]) < 1e-8 * scale
            assert (-(v + 0.999 * field * u) @ edges).min() > 0  # not before
    assert len(smallest) > 50


def test_sizes_are_what_the_corners_differ_by_and_the_driven_length_grows():
    state, u, push = driven(48, 3)
    points = [corner(state.patterns, contacts)[0] for contacts in push.contacts]
    steps = np.diff(points, axis=0)
    assert push.sizes == pytest.approx(np.sqrt(48) * steps @ u, abs=1e-9)
    assert np.all(np.diff(push.fields) >= 0)
    assert np.all(push.edges >= 1)
    for before, after, field in zip(points[:-1], points[1:], push.fields, strict=True):
        assert np.linalg.norm(after + field * u) > np.linalg.norm(before + field * u) - 1e-12


def test_a_longer_field_continues_a_shorter_one():
    state, u, push = driven(48, 3)
    half = perceptron.avalanches(state, u, 0.4)
    few = len(half.sizes)
    assert 0 < few < len(push.sizes)
    assert half.fields == pytest.approx(push.fields[:few], rel=1e-9)
    assert push.fields[few] > 0.4
    none = perceptron.avalanches(state, u, 0.5 * push.fields[0])
    assert (none.sizes.shape, none.edges.shape, none.contacts.shape) == ((0,), (0,), (1, 48))


@pytest.mark.parametrize("scale", [3e-40, 7.0, 2e40])
def test_the_unit_of_the_patterns_only_scales_fields_and_sizes(scale):
    state, u, push = driven(24, 1)
    scaled = perceptron.jam(24, 4.0, patterns=scale * state.patterns, pressure=1e-3, rng=1)
    scaled = replace(scaled, contacts=state.contacts)  # another rounding may lead to another corner
    again = perceptron.avalanches(scaled, u, 1.0 / scale)
    assert again.edges.tolist() == push.edges.tolist()
    assert scale * again.fields == pytest.approx(push.fields, rel=1e-9)
    assert scale * again.sizes == pytest.approx(push.sizes, rel=1e-6, abs=1e-9)


STATE = perceptron.jam(12, 4.0, rng=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, np.ones(12)), "state = .*JammedPerceptron"),
        (
            (perceptron.jam(12, 1.0, rng=1), np.ones(12)),
            "an exact corner: 12 contacts with forces above zero at a negative margin",
        ),
        ((replace(STATE, contacts=STATE.contacts[:11]), np.ones(12)), "11 contacts .*an exact corner"),
        ((replace(STATE, contacts=np.arange(12)), np.ones(12)), "an exact corner"),
        ((STATE, np.ones(11)), r"direction.shape = \(11,\)"),
        ((STATE, np.zeros(12)), "direction = 0.0 .*different from zero"),
        ((STATE, np.full(12, np.nan)), "direction"),
        ((STATE, np.full(12, np.inf)), "direction"),
        ((STATE, np.ones(12), 0.0), "field = 0.0"),
        ((STATE, np.ones(12), -1.0), "field = -1.0"),
        ((STATE, np.ones(12), np.inf), "field = inf"),
        ((STATE, np.ones(12), "1"), "field = '1'"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        perceptron.avalanches(*arguments)


def test_a_corner_that_escapes_says_so():
    """Two walls in the plane that meet at (1, 0) and leave all of x < 1 between them open: a field to the left drives the corner away."""
    xi = np.array([[-1.0, -1.0], [-1.0, 1.0]])
    corner = replace(STATE, patterns=xi, contacts=np.arange(2), weights=np.array([2.0**0.5, 0.0]))
    assert len(perceptron.avalanches(corner, [1.0, 0.0], 100.0).sizes) == 0
    with pytest.raises(ConvergenceError, match="escapes to infinity") as caught:
        perceptron.avalanches(corner, [-1.0, 0.0], 100.0)
    assert len(caught.value.trace) == 1


def test_patterns_of_ones_share_corners_and_are_refused():
    xi = np.random.default_rng(2).choice([-1.0, 1.0], (60, 12))
    state = perceptron.jam(12, 5.0, patterns=xi, method="edges", rng=2)
    with pytest.raises(ValueError, match=r"28 patterns at the margin.*general position"):
        perceptron.avalanches(state, np.eye(12)[0], 5.0)
