"""Committees of perceptrons: what they say, what a pattern tells their units, and the searches that train them."""

import itertools
import math

import mpmath
import numpy as np
import pytest

from learnscape.learn import (
    Committee,
    binary_net,
    errors_of,
    focusing_bp,
    local_energy,
    reinforced_bp,
    replicated_sgd,
)
from learnscape.learn._majority import majority
from learnscape.learn._packed import count_minorities, pack
from learnscape.patterns import random_patterns

TREE, FULL = Committee(3, shared=False), Committee(3, shared=True)
SEARCHES = [reinforced_bp, focusing_bp, replicated_sgd, binary_net]
BUDGET = {
    reinforced_bp: "max_iterations",
    focusing_bp: "max_iterations",
    replicated_sgd: "max_sweeps",
    binary_net: "max_epochs",
}


def answers(xi, w, shared):
    """One pattern and one unit at a time."""
    answer = []
    for row in xi:
        n = w.shape[1]
        votes = [np.sign(w[k] @ (row if shared else row[k * n : (k + 1) * n])) for k in range(len(w))]
        answer.append(np.sign(sum(votes)))
    return np.array(answer)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("real", [False, True])
def test_errors_are_what_the_definition_says(shared, real):
    rng = np.random.default_rng(1)
    xi = rng.standard_normal((200, 15)) if real else random_patterns(200, 15, rng=1)
    machine = Committee(3, shared)
    w = rng.choice([-1.0, 1.0], machine.shape(15))
    said = answers(xi, w, shared)
    assert machine.errors(xi, w) == int((said <= 0).sum())
    assert machine.errors(-xi, w) == int((said >= 0).sum())  # odd: labels may be folded in
    assert machine.fields(xi, w)[:, 1] == pytest.approx(
        (xi if shared else xi[:, 5:10]) @ w[1] / math.sqrt(w.shape[1])
    )
    if not real:
        words = np.stack([pack(part) for part in machine.parts(xi > 0)])
        assert count_minorities(words, pack(w > 0), w.shape[1], 1) == machine.errors(xi, w)


def log_majority(omega, v):
    """ln P(most say +1), all votes written out."""
    chances = [
        (mpmath.ncdf(o / mpmath.sqrt(s)), mpmath.ncdf(-o / mpmath.sqrt(s)))
        for o, s in zip(omega, v, strict=True)
    ]
    total = mpmath.mpf(0)
    for votes in itertools.product((0, 1), repeat=len(omega)):
        if 2 * sum(votes) > len(omega):
            total += mpmath.fprod(chances[k][0 if vote else 1] for k, vote in enumerate(votes))
    return mpmath.log(total)


def told(omega, v):
    g, slope = np.empty((2, len(omega)))
    majority(omega, v, np.empty((5, len(omega) + 1)), g, slope)
    return g, slope


@pytest.mark.parametrize("units", [1, 3, 5])
@pytest.mark.parametrize("size", [0.3, 40.0, 300.0])
def test_messages_are_the_derivatives_of_the_majority_probability(units, size):
    """Against differences of the brute-force sum, also where the probability is 1e-20000 and where it is one."""
    rng = np.random.default_rng(units)
    v = rng.uniform(0.05, 1.0, units)
    with mpmath.workdps(120):
        for omega in (size * rng.standard_normal(units), -size * rng.random(units)):
            g, slope = told(omega, v)
            exact, width, h = (
                [mpmath.mpf(o) for o in omega],
                [mpmath.mpf(s) for s in v],
                mpmath.mpf(10) ** -35,
            )
            for k in range(units):
                left, middle, right = (
                    log_majority([*exact[:k], exact[k] + d, *exact[k + 1 :]], width) for d in (-h, 0, h)
                )
                assert g[k] == pytest.approx(float((right - left) / (2 * h)), rel=1e-11, abs=1e-40)
                assert slope[k] == pytest.approx(
                    float((right - 2 * middle + left) / h**2), rel=1e-11, abs=1e-40
                )


def test_without_uncertainty_the_fewest_units_are_told_to_turn():
    """Two of five must: those nearest to their threshold, by what they lack."""
    omega = np.array([-0.3, 0.5, -0.1, -0.9, -0.2])
    g, _ = told(omega, np.full(5, 1e-6))
    assert g * 1e-6 == pytest.approx([0.0, 0.0, 0.1, 0.0, 0.2], abs=1e-4)


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("machine", [TREE, FULL, Committee(5, shared=True)], ids=["tree", "full", "full5"])
def test_solutions_are_solutions(search, machine):
    n = 315 if not machine.shared else 105
    w_shape = machine.shape(n)
    xi = random_patterns(int(0.2 * math.prod(w_shape)), n, rng=1)
    run = search(xi, committee=machine, rng=2)
    assert run.solved
    assert run.weights.shape == w_shape
    assert set(np.abs(run.weights).flat) == {1.0}
    assert run.n_errors == machine.errors(xi, run.weights) == 0
    assert run.trace.shape == (run.iterations,)
    again = search(xi.astype(np.int8), committee=machine, rng=2)
    assert np.array_equal(again.weights, run.weights)
    overlaps = (run.weights @ run.weights.T / w_shape[1])[np.triu_indices(machine.units, 1)]
    assert abs(overlaps).max() < 0.8  # no two units are one


@pytest.mark.parametrize("search", SEARCHES[:3])
@pytest.mark.parametrize("shared", [False, True])
def test_one_unit_is_a_perceptron(search, shared):
    xi = random_patterns(150, 301, rng=1)
    one, committee = search(xi, rng=3), search(xi, committee=Committee(1, shared), rng=3)
    assert committee.weights.shape == (1, 301)
    assert np.array_equal(one.weights, committee.weights[0])
    assert np.array_equal(one.trace, committee.trace)


@pytest.mark.parametrize("search", [reinforced_bp, focusing_bp])
def test_units_with_shared_inputs_do_not_stay_equal(search):
    """As equal units they would be one perceptron of 201 weights, which cannot learn 300 patterns; the few weights of a permutation can."""
    machine = Committee(5, shared=True)
    xi = random_patterns(300, 201, rng=0)
    run = search(xi, committee=machine, rng=0)
    assert run.solved
    assert abs((run.weights @ run.weights.T / 201)[np.triu_indices(5, 1)]).max() < 0.4


@pytest.mark.parametrize("machine", [TREE, FULL], ids=["tree", "full"])
def test_more_is_learned_than_by_one_gradient(machine):
    """At 0.5 patterns a weight the replicated and the focusing search succeed; the straight-through gradient is left with errors."""
    n = 315 if not machine.shared else 105
    xi = random_patterns(158, n, rng=1)
    assert reinforced_bp(xi, committee=machine, rng=1).solved
    assert focusing_bp(xi, committee=machine, rng=1).solved
    assert not binary_net(xi, committee=machine, rng=1).solved


@pytest.mark.parametrize("search", SEARCHES)
def test_without_solution_the_best_is_returned(search):
    xi = random_patterns(240, 105, rng=1)
    xi[1] = -xi[0]
    run = search(xi, committee=TREE, rng=1, **{BUDGET[search]: 20})
    assert not run.solved
    assert run.n_errors == TREE.errors(xi, run.weights) > 0
    assert run.iterations == run.budget == 20
    assert run.n_errors < 100


@pytest.mark.parametrize("machine", [None, TREE, FULL], ids=["one", "tree", "full"])
def test_real_inputs_are_learned_by_gradients(machine):
    xi = np.random.default_rng(1).standard_normal((60, 315))
    run = binary_net(xi, committee=machine, rng=1)
    assert run.solved
    if machine is None:
        assert run.weights.shape == (315,)
        assert (xi @ run.weights > 0).all()
    else:
        assert machine.errors(xi, run.weights) == 0


@pytest.mark.parametrize("factor", [1.0, 0.1])
def test_a_field_of_zero_satisfies_one_perceptron(factor):
    """N = 2 with (1, 1), (1, -1), (-1, 1): only w = (1, 1), two of whose fields are zero."""
    xi = factor * np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]])
    run = binary_net(xi, rng=1)
    assert run.solved
    assert run.weights.tolist() == [1.0, 1.0]
    for seed in range(5):
        xi = factor * random_patterns(60, 16, rng=seed)
        run = binary_net(xi, rng=1, max_epochs=5)
        assert run.n_errors == errors_of(xi, run.weights)


def test_a_flat_loss_learns_less():
    left = [
        sum(
            binary_net(random_patterns(200, 501, rng=s), gamma=gamma, max_epochs=60, rng=s).n_errors
            for s in range(3)
        )
        for gamma in (0.05, 8.0)
    ]
    assert left[0] > left[1] + 20


def test_local_energy_of_a_committee():
    """Flipping nothing, and flipping half, which leaves random weights; and against flips written out."""
    xi = random_patterns(90, 315, rng=1)
    run = replicated_sgd(xi, committee=TREE, rng=1)
    found = local_energy(xi, run.weights, [0.0, 0.02, 0.5, 1.0], committee=TREE, draws=60, rng=1)
    assert found.fraction == pytest.approx([0.0, 6 / 315, 158 / 315, 1.0])
    assert found.energy[0] == 0.0
    assert found.energy[2] == pytest.approx(0.5, abs=0.05)
    assert found.energy[3] == 1.0  # all weights flipped: the machine is odd
    rng, energies = np.random.default_rng(9), []
    for _ in range(60):
        w = run.weights.copy()
        w.flat[rng.choice(315, 6, replace=False)] *= -1.0
        energies.append(TREE.errors(xi, w) / 90)
    assert abs(found.energy[1] - np.mean(energies)) < 5 * found.error[1] * math.sqrt(2)
    single = xi[:, :301]
    w = random_patterns(1, 301, rng=1)
    one = local_energy(single, w, [0.1, 0.3], committee=Committee(1, shared=True), rng=3)
    assert one.energy == pytest.approx(
        local_energy(2.0 * single, w[0], [0.1, 0.3], rng=3).energy
    )  # drawn too
    exact = local_energy(single, w[0], [0.1, 0.3])
    assert np.abs((one.energy - exact.energy) / one.error).max() < 4.0


@pytest.mark.parametrize("units", [0, 2, -3, 2.5, "3", True])
def test_a_committee_has_an_odd_number_of_units(units):
    with pytest.raises(ValueError, match="units"):
        Committee(units, shared=True)


def test_votes_are_counted_against_each_other():
    """Two fields of zero and one above it: one vote against none."""
    xi = [[1.0, 1.0], [-1.0, -1.0]]
    w = [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]]
    assert FULL.errors(xi, w) == 1


def test_fields_that_overflow_are_no_votes():
    """inf - inf is nan, and no comparison with it is true."""
    with pytest.raises(ValueError, match="largest weight"):
        FULL.errors([[1e200, -1e200, 1e200]], np.full((3, 3), 1e200))


def test_thousands_of_units_do_not_overflow():
    g, slope = told(np.zeros(1101), np.ones(1101))
    # all undecided: the others tie with probability C(1100, 550) / 2^1100, and Z = 1/2
    tied = math.exp(math.lgamma(1101) - 2 * math.lgamma(551) - 1100 * math.log(2.0))
    assert g == pytest.approx(np.full(1101, math.sqrt(2 / math.pi) * tied))
    assert np.isfinite(slope).all()


def test_seeds_and_generators_say_all():
    xi = random_patterns(60, 183, rng=1)
    for machine in (None, TREE):
        one, two = (
            binary_net(xi, committee=machine, max_epochs=8, rng=rng) for rng in (5, np.random.default_rng(5))
        )
        assert np.array_equal(one.weights, two.weights)
        assert np.array_equal(one.trace, two.trace)


def test_bad_committees_are_named():
    with pytest.raises(ValueError, match="shared"):
        Committee(3, shared=1)
    with pytest.raises(ValueError, match="multiple of the number of units"):
        TREE.shape(10)
    for inputs in (0, -3, "9", 9.0):
        with pytest.raises(ValueError, match="N = "):
            FULL.shape(inputs)
    with pytest.raises(ValueError, match=r"weights\.shape"):
        TREE.errors(random_patterns(5, 15, rng=1), np.ones((3, 15)))
    xi = random_patterns(10, 30, rng=1)
    for search in SEARCHES[:3]:
        with pytest.raises(ValueError, match="inputs of a unit"):
            search(xi, committee=FULL)
        with pytest.raises(ValueError, match="kappa"):
            search(xi[:, :15], 0.1, committee=TREE)
        with pytest.raises(ValueError, match="committee"):
            search(xi, committee=3)
    for name, value in {"committee": 3, "gamma": 0.0, "batch": 0, "step": -1.0, "max_epochs": 0}.items():
        with pytest.raises(ValueError, match=name):
            binary_net(xi, **{name: value})
    for name, value in {"gamma": 1e300, "step": 1e300}.items():  # beyond single precision
        with pytest.raises(ValueError, match=name):
            binary_net(xi, **{name: value})
    with pytest.raises(ValueError, match="largest entry of patterns"):
        binary_net(1e40 * xi)
    with pytest.raises(ValueError, match="finite"):
        binary_net(np.full((3, 5), np.nan))
    w = np.ones((3, 5))
    w[1, 2] = 0.5
    with pytest.raises(ValueError, match=r"weights\[1\]\[2\]"):
        local_energy(xi[:, :15], w, committee=TREE)
    with pytest.raises(ValueError, match="kappa"):
        local_energy(xi[:, :15], np.ones((3, 5)), kappa=0.1, committee=TREE)
