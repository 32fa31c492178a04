r"""The SK model at finite size: exchange Monte Carlo, exact enumeration, and how to know that a simulation has reached equilibrium.

*Algorithm.* At each temperature of a ladder a copy of the system takes Metropolis steps, one spin after the other; the local fields of all spins are kept and
updated when a spin flips. After each sweep neighbouring temperatures may exchange their copies, with probability
:math:`\min(1,e^{(\beta_a-\beta_b)(E_a-E_b)})` (Hukushima and Nemoto 1996): cold copies travel to high temperatures, forget, and come back. Each
temperature has ``copies`` independent copies with the same couplings, from which overlaps are measured.

*A truth test.* For Gaussian couplings, integration by parts gives at every N, averaged over samples,

.. math:: e=-\tfrac\beta2\bigl(1-\langle q^2\rangle\bigr) .

Started at random, the energy is too high and the overlap too small, so that the two sides approach from opposite sides (Katzgraber, Palassini and Young 2001):
where they agree the simulation has equilibrated. Chapter *sherrington-kirkpatrick*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from learnscape.errors import is_finite, is_integer, real_array, require
from learnscape.numerics.gaussian import exp_kernel
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator
from learnscape.spin_glass.xoshiro import state_from, uniform

__all__ = [
    "Averages",
    "Exact",
    "Run",
    "draw_couplings",
    "enumerate_states",
    "exchange",
    "local_fields",
    "metropolis_sweep",
    "run",
    "simulate",
]

Array = npt.NDArray[np.float64]
MAX_ENUMERATED = 24
COLDEST = 1e-300  # the inverse must be a double


@kernel
def local_fields(couplings: Array, spins: Array, out: Array) -> float:
    """Fields sum_j J_ij s_j of all spins, and the energy."""
    energy = 0.0
    for i in range(spins.size):
        total = 0.0
        for j in range(spins.size):
            total += couplings[i, j] * spins[j]
        out[i] = total
        energy -= 0.5 * spins[i] * total
    return energy


@kernel
def metropolis_sweep(couplings: Array, beta: float, spins: Array, fields: Array, state: Array) -> float:
    """One attempt to flip each spin in turn; the change of the energy."""
    change = 0.0
    n = spins.size
    for i in range(n):
        cost = 2.0 * spins[i] * fields[i]
        if cost <= 0.0 or uniform(state) < exp_kernel(-beta * cost):
            change += cost
            spins[i] = -spins[i]
            twice = 2.0 * spins[i]
            for j in range(n):
                fields[j] += twice * couplings[i, j]
    return change


@kernel
def exchange(betas: Array, energies: Array, at: npt.NDArray[np.int64], state: Array, accepted: Array) -> None:
    """Neighbouring temperatures try to exchange their systems; ``at[t]`` is the system at temperature t, energies are those of the systems."""
    for t in range(betas.size - 1):
        a, b = at[t], at[t + 1]
        gain = (betas[t] - betas[t + 1]) * (energies[a] - energies[b])
        if gain >= 0.0 or uniform(state) < exp_kernel(gain):
            at[t], at[t + 1] = b, a
            accepted[t] += 1.0


@kernel
def _run(
    couplings: Array,
    betas: Array,
    sweeps: int,
    every: int,
    spins: Array,
    state: Array,
    energy: Array,
    histogram: Array,
    triples: Array,
    triple_at: int,
    accepted: Array,
) -> None:
    """Sweeps and exchanges from the given spins (copies, temperatures, n), measured every so many sweeps; all results are sums."""
    copies, levels, n = spins.shape
    fields, energies = np.empty((copies, levels, n)), np.empty((copies, levels))
    at = np.empty((copies, levels), np.int64)
    q = np.empty(3)
    for c in range(copies):
        for t in range(levels):
            energies[c, t] = local_fields(couplings, spins[c, t], fields[c, t])
            at[c, t] = t
    taken = 0
    for sweep in range(sweeps):
        for c in range(copies):
            for t in range(levels):
                k = at[c, t]
                energies[c, k] += metropolis_sweep(couplings, betas[t], spins[c, k], fields[c, k], state)
            exchange(betas, energies[c], at[c], state, accepted)
        if every == 0 or (sweep + 1) % every != 0:
            continue
        for t in range(levels):
            for c in range(copies):
                energy[t] += energies[c, at[c, t]] / copies
            pair = 0
            for c in range(copies):
                for d in range(c + 1, copies):
                    overlap = 0.0
                    one, other = spins[c, at[c, t]], spins[d, at[d, t]]
                    for i in range(n):
                        overlap += one[i] * other[i]
                    histogram[t, int(overlap + n) // 2] += 1.0
                    if pair < 3:
                        q[pair] = overlap / n
                    pair += 1
            if t == triple_at and taken < triples.shape[0]:
                for p in range(3):
                    triples[taken, p] = q[p]
                taken += 1
    for c in range(copies):  # leave the systems in the order of the temperatures
        sorted_spins = spins[c].copy()
        for t in range(levels):
            for i in range(n):
                spins[c, t, i] = sorted_spins[at[c, t], i]


@kernel
def _enumerate(couplings: Array, beta: float, reference: float, pairs: Array) -> tuple[float, float, float]:
    """Sum of exp(beta (reference - E)) over all states in Gray-code order, that of E times it, and the lowest E; pairs takes s_i s_j."""
    n = couplings.shape[0]
    spins, fields = np.ones(n), np.empty(n)
    energy = local_fields(couplings, spins, fields)
    z, mean, lowest = 0.0, 0.0, energy
    for k in range(1, 2 ** (n - 1) + 1):  # the last spin stays up: states come in pairs of the same energy
        w = exp_kernel(beta * (reference - energy))
        z += 2.0 * w
        mean += 2.0 * w * energy
        lowest = min(lowest, energy)
        for i in range(n):
            for j in range(i):
                pairs[i, j] += 2.0 * w * spins[i] * spins[j]
        if k < 2 ** (n - 1):
            i = 0
            while (k >> i) & 1 == 0:
                i += 1
            energy += 2.0 * spins[i] * fields[i]
            spins[i] = -spins[i]
            for j in range(n):
                fields[j] += 2.0 * spins[i] * couplings[i, j]
    return z, mean, lowest


@dataclass(frozen=True)
class Exact:
    """Thermal averages of one sample, by enumeration of all states."""

    free_energy: float
    """Per spin."""
    energy: float
    """Per spin."""
    q2: float
    """<q^2> of two copies: the mean of <s_i s_j>^2 over all i, j."""
    ground_state: float
    """Lowest energy per spin."""


@dataclass(frozen=True, eq=False)
class Run:
    """One sample; thermal averages over the measured sweeps, by temperature."""

    energy: Array
    """Per spin; (t,)."""
    overlaps: Array
    """The N + 1 possible overlaps."""
    histogram: Array
    """Their frequencies, all pairs of copies together; rows sum to one, (t, N + 1)."""
    q2: Array
    """<q^2>; (t,)."""
    triples: Array
    """Overlaps (q_12, q_13, q_23) of three copies at the lowest temperature; (measurements, 3), empty with two copies."""
    exchange_rate: Array
    """Accepted exchanges between neighbouring temperatures; (t - 1,)."""
    spins: Array
    """Final spins; (copies, t, N)."""


@dataclass(frozen=True, eq=False)
class Averages:
    """Averages over samples with standard errors, by temperature."""

    temperatures: Array
    """(t,)."""
    energy: Array
    """Per spin; (t,)."""
    energy_error: Array
    """(t,)."""
    q2: Array
    """<q^2>; (t,)."""
    q2_error: Array
    """(t,)."""
    overlaps: Array
    """The N + 1 possible overlaps."""
    distribution: Array
    """P(q) as a density in q, symmetric; (t, N + 1)."""
    distribution_error: Array
    """Its standard error; (t, N + 1)."""
    identity: Array
    """e + (beta/2)(1 - <q^2>): 0 within its error in equilibrium, positive before; (t,)."""
    identity_error: Array
    """(t,)."""
    triples: Array
    """Overlaps of three copies at the lowest temperature, all samples; (measurements, 3)."""


def draw_couplings(n: int, rng: int | np.random.Generator | None = None) -> Array:
    """A symmetric matrix of Gaussian couplings of variance 1/N, with zeros on the diagonal.

    Examples
    --------
    >>> j = draw_couplings(50, rng=1)
    >>> bool((j == j.T).all()), float(j.diagonal().sum())
    (True, 0.0)
    """
    require(is_integer(n) and n >= 2, "n", n, "an integer >= 2")
    upper = np.triu(generator(rng).standard_normal((int(n), int(n))) / math.sqrt(n), 1)
    answer: Array = upper + upper.T
    return answer


def as_couplings(couplings: npt.ArrayLike) -> Array:
    """The matrix, if it is one of couplings."""
    j = np.ascontiguousarray(real_array("couplings", couplings, ndim=2))
    good = j.shape[0] == j.shape[1] >= 2 and bool(np.all(j == j.T)) and not j.diagonal().any()
    require(good, "the couplings of shape", j.shape, "a symmetric matrix with zeros on the diagonal")
    return j


def enumerate_states(couplings: npt.ArrayLike, temperature: float) -> Exact:
    """Exact averages of one sample of at most 24 spins (20 spins: a tenth of a second).

    Examples
    --------
    >>> exact = enumerate_states([[0.0, 1.0], [1.0, 0.0]], 1.0)
    >>> round(exact.free_energy, 6), round(exact.energy, 6), round(exact.q2, 6)
    (-0.910038, -0.380797, 0.790013)
    """
    j = as_couplings(couplings)
    n = j.shape[0]
    require(n <= MAX_ENUMERATED, "the number of spins", n, f"at most {MAX_ENUMERATED}")
    require(is_finite(temperature) and temperature > 0.0, "temperature", temperature, "a finite number > 0")
    require(temperature >= COLDEST, "temperature", temperature, f"at least {COLDEST:g}")
    beta, pairs = 1.0 / float(temperature), np.zeros((n, n))
    lowest = _enumerate(j, 0.0, 0.0, pairs)[2]
    pairs[:] = 0.0
    z, mean, _ = _enumerate(j, beta, lowest, pairs)
    q2 = (n + 2.0 * float(np.sum((pairs / z) ** 2))) / n**2
    return Exact((lowest - math.log(z) / beta) / n, mean / z / n, q2, lowest / n)


def _ladder(temperatures: npt.ArrayLike) -> Array:
    t = np.atleast_1d(real_array("temperatures", temperatures))
    good = t.ndim == 1 and t.size > 0 and bool(np.all(t >= COLDEST)) and bool(np.all(np.diff(t) > 0.0))
    require(good, "temperatures", temperatures, f"increasing numbers > 0 (at least {COLDEST:g}), one or more")
    return t


def run(
    couplings: npt.ArrayLike,
    temperatures: npt.ArrayLike,
    sweeps: int,
    *,
    warmup: int | None = None,
    every: int = 5,
    copies: int = 2,
    rng: int | np.random.Generator | None = None,
) -> Run:
    """Exchange Monte Carlo of one sample, from random spins.

    Parameters
    ----------
    couplings : array_like of shape (N, N)
        Symmetric, zeros on the diagonal.
    temperatures : array_like of shape (t,)
        The ladder, increasing; exchanges should succeed in a third of the cases or more, and the highest be above 1. Far above, at T = 10 or more, a
        sweep flips nearly every spin, so that overlaps of one run hardly change (averages over samples stay right).
    sweeps : int
        Measured sweeps, at least ``every``.
    warmup : int, optional
        Sweeps before; as many as measured if left out.
    every : int
        Sweeps from one measurement to the next.
    copies : int
        At least 2; 3 for triples.
    rng : int, Generator or None
        Seed.

    Examples
    --------
    >>> found = run(draw_couplings(32, rng=1), [0.5, 0.7, 1.0, 1.4], 200, rng=2)
    >>> found.histogram.shape, float(found.histogram[0].sum().round(12))
    ((4, 33), 1.0)
    """
    j, t = as_couplings(couplings), _ladder(temperatures)
    n = j.shape[0]
    require(is_integer(every) and every >= 1, "every", every, "an integer >= 1")
    require(is_integer(sweeps) and sweeps >= every, "sweeps", sweeps, f"an integer >= every = {every}")
    before = sweeps if warmup is None else warmup
    require(is_integer(before) and before >= 0, "warmup", warmup, "an integer >= 0")
    require(is_integer(copies) and copies >= 2, "copies", copies, "an integer >= 2")
    random = generator(rng)
    spins = random.choice([-1.0, 1.0], (copies, t.size, n))
    state, betas = state_from(random), 1.0 / t
    energy, histogram = np.zeros(t.size), np.zeros((t.size, n + 1))
    measurements = sweeps // every
    triples = np.zeros((measurements if copies >= 3 else 0, 3))
    accepted = np.zeros(max(t.size - 1, 1))
    _run(j, betas, before, 0, spins, state, energy, histogram, triples, 0, accepted)
    accepted[:] = 0.0
    _run(j, betas, sweeps, every, spins, state, energy, histogram, triples, 0, accepted)
    overlaps = (2.0 * np.arange(n + 1) - n) / n
    histogram /= histogram.sum(axis=1, keepdims=True)
    rate = accepted[: t.size - 1] / (sweeps * copies)
    return Run(
        energy / (measurements * n), overlaps, histogram, histogram @ overlaps**2, triples, rate, spins
    )


def simulate(
    n: int,
    temperatures: npt.ArrayLike,
    samples: int,
    sweeps: int,
    *,
    every: int = 5,
    copies: int = 2,
    rng: int | np.random.Generator | None = None,
) -> Averages:
    """Exchange Monte Carlo of many samples, half of the sweeps for reaching equilibrium.

    Parameters
    ----------
    n : int
        Spins N, at least 2.
    temperatures : array_like of shape (t,)
        The ladder, increasing.
    samples : int
        At least 2, for the errors.
    sweeps : int
        Measured ones; as many are made before.
    every, copies, rng
        As for :func:`run`.

    Examples
    --------
    >>> found = simulate(16, [0.8, 1.1, 1.5], samples=20, sweeps=100, rng=1)
    >>> bool(np.all(abs(found.identity) < 5 * found.identity_error))
    True
    """
    t = _ladder(temperatures)
    require(is_integer(samples) and samples >= 2, "samples", samples, "an integer >= 2")
    random = generator(rng)
    runs = [
        run(draw_couplings(n, random), t, sweeps, every=every, copies=copies, rng=random)
        for _ in range(samples)
    ]

    def mean(values: list[Array]) -> tuple[Array, Array]:
        rows = np.array(values)
        return rows.mean(axis=0), rows.std(axis=0, ddof=1) / math.sqrt(samples)

    energy, q2 = mean([r.energy for r in runs]), mean([r.q2 for r in runs])
    identity = mean([r.energy + (1.0 - r.q2) / (2.0 * t) for r in runs])
    # The couplings have no preferred sign of q; the lattice of overlaps has the spacing 2/N.
    spread = mean([0.25 * n * (r.histogram + r.histogram[:, ::-1]) for r in runs])
    triples = np.concatenate([r.triples for r in runs])
    return Averages(t, *energy, *q2, runs[0].overlaps, *spread, *identity, triples)
