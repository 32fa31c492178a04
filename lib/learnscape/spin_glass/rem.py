r"""The random energy model: 2^N independent Gaussian energies, solved by counting, by replicas, and exactly at every N.

*Problem.* Each of the :math:`2^N` states has an energy drawn from a Gaussian of mean 0 and variance :math:`JN` (J is ``variance``; Derrida's choice is
1/2, the p-spin model's limit). At energy density e there are about :math:`e^{N s(e)}` states, :math:`s(e)=\ln2-e^2/2J`, down to the ground state
:math:`e_0=-\sqrt{2J\ln2}`. The slope of s there is the inverse of the critical temperature :math:`T_c=\sqrt{J/2\ln2}`: above it the annealed free energy is
right; below it the system sits in a handful of lowest states.

*Replicas.* With n replicas in n/m groups of m, each group in a state of its own,

.. math:: -\beta f(m)=\frac{\ln 2}m+\frac{m\beta^2J}2 .

m = 1 is the replica-symmetric answer (every replica alone, q = 0: the annealed average); one step of breaking takes the minimum of this over m in (0, 1],
at m = T/T_c below T_c, and is exact.

*Exactly, at every N.* :math:`\ln Z=\int_0^\infty\frac{dt}t(e^{-t}-e^{-tZ})` and independence give

.. math:: \langle\ln Z\rangle=\int_{-\infty}^\infty du\,\bigl(e^{-e^u}-g(u)^{2^N}\bigr),\qquad g(u)=\int Dx\,\exp\bigl(-e^{u+\beta\sqrt{JN}x}\bigr),

and in the same way :math:`1/Z^2=\int t\,e^{-tZ}dt` gives the mean participation ratio :math:`\langle\sum_ip_i^2\rangle`, whose limit is 1 - T/T_c.

*Rigour.* All of it is proved. B. Derrida, Phys. Rev. B 24 (1981) 2613; chapter *replica-trick*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, logsumexp, ndtri

from learnscape.errors import is_finite, is_integer, real_array, require
from learnscape.numerics.rng import generator

__all__ = [
    "FiniteSize",
    "Samples",
    "Solution",
    "critical_temperature",
    "entropy",
    "finite_size",
    "functional",
    "ground_state",
    "log_moment",
    "sample",
    "solve",
]

Array = npt.NDArray[np.float64]
LN2 = math.log(2.0)
LARGEST_N = 1000  # 2^N must be a double
LARGEST_SAMPLED = 26  # 2^26 energies: half a gigabyte
STRIP = 0.27  # step of x times beta sqrt(JN): the trapezoidal rule leaves exp(-36) with the strip pi/2 of exp(-e^y)
REACH = 9.0
LARGEST_B = 45.0  # of beta sqrt(JN) with a fraction of a replica: the double integral has of order b^4 points
LOWEST, HIGHEST = (
    80.0,
    5.0,
)  # of u + b x: below, exp(-80 / 2) of the integrand where b is twice the farthest x; above, exp(-e^5)
U_STEP = 0.2  # of u: exp(-e^u) is analytic in |Im u| < pi/2, and exp(-pi^2 / 0.2) = 4e-22


@dataclass(frozen=True)
class Solution:
    """The thermodynamic limit at one temperature."""

    free_energy: float
    """Quenched free energy per spin: the typical one."""
    annealed: float
    """Annealed free energy per spin, -T ln<Z>/N: the replica-symmetric answer."""
    energy: float
    """Mean energy per spin."""
    entropy: float
    """Entropy per spin; 0 below T_c."""
    m: float
    """Block parameter, min(1, T/T_c)."""
    participation: float
    """<sum_i p_i^2>, the probability that two replicas sit in the same state: 1 - m."""


@dataclass(frozen=True)
class FiniteSize:
    """Exact averages over the disorder at one N and temperature."""

    free_energy: float
    """-T <ln Z> / N."""
    energy: float
    """<E> / N, thermal average inside, disorder outside."""
    entropy: float
    """(energy - free energy) / T."""
    participation: float
    """<sum_i p_i^2>."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Independent realisations."""

    free_energy: Array
    """-T ln Z / N; (samples, temperatures)."""
    energy: Array
    """Thermal mean energy per spin; (samples, temperatures)."""
    participation: Array
    """sum_i p_i^2; (samples, temperatures)."""
    ground_state: Array
    """Lowest energy per spin; (samples,)."""


def _positive(name: str, value: float) -> float:
    require(is_finite(value) and value > 0.0, name, value, "a finite number > 0")
    return float(value)


def ground_state(variance: float = 0.5) -> float:
    """Energy density of the ground state, -sqrt(2 J ln 2), for energies of variance J N.

    Examples
    --------
    >>> round(ground_state(), 6)
    -0.832555
    """
    return -math.sqrt(2.0 * _positive("variance", variance) * LN2)


def critical_temperature(variance: float = 0.5) -> float:
    """The temperature sqrt(J / 2 ln 2) below which the system freezes.

    Examples
    --------
    >>> round(critical_temperature(), 6)
    0.600561
    """
    return math.sqrt(_positive("variance", variance) / (2.0 * LN2))


def entropy(energy: npt.ArrayLike, variance: float = 0.5) -> Array:
    """ln 2 - e^2 / 2J: the logarithm of the mean number of states at energy density e, per spin.

    Where it is negative, |e| > sqrt(2 J ln 2), a typical sample has no state at all.

    Examples
    --------
    >>> entropy([0.0, -1.0]).round(6)
    array([ 0.693147, -0.306853])
    """
    e = real_array("energy", energy)
    return np.asarray(LN2 - e * e / (2.0 * _positive("variance", variance)))


def functional(temperature: float, m: float, variance: float = 0.5) -> float:
    """Free energy f(m) of the replica calculation with groups of m replicas; m = 1 is replica symmetry.

    Parameters
    ----------
    temperature : float
        > 0.
    m : float
        In (0, 1]; the right one *maximises* the answer.
    variance : float
        J > 0.

    Examples
    --------
    >>> t = 0.5 * critical_temperature()
    >>> round(functional(t, 0.5), 6), round(functional(t, 1.0), 6)
    (-0.832555, -1.040693)
    """
    t = _positive("temperature", temperature)
    require(is_finite(m) and 0.0 < m <= 1.0, "m", m, "in (0, 1]")
    return -t * LN2 / m - m * _positive("variance", variance) / (2.0 * t)


def solve(temperature: float, variance: float = 0.5) -> Solution:
    """The limit of infinite size, annealed and quenched.

    Examples
    --------
    >>> cold = solve(0.5 * critical_temperature())
    >>> cold.m, round(cold.free_energy, 6), cold.entropy, cold.participation
    (0.5, -0.832555, 0.0, 0.5)
    """
    t = _positive("temperature", temperature)
    j = _positive("variance", variance)
    m = min(1.0, t / critical_temperature(j))
    annealed = functional(t, 1.0, j)
    if m < 1.0:
        e = ground_state(j)
        return Solution(e, annealed, e, 0.0, m, 1.0 - m)
    return Solution(annealed, annealed, -j / t, LN2 - j / (2.0 * t * t), 1.0, 0.0)


def finite_size(n: int, temperature: float, variance: float = 0.5) -> FiniteSize:
    """Averages over the disorder at finite N, exactly (to about 1e-11), by one double integral.

    Parameters
    ----------
    n : int
        Number of spins, 1 to 1000.
    temperature : float
        At least 0.02 sqrt(2 variance): colder, nothing changes any more.
    variance : float
        J > 0; the temperature is understood in units of sqrt(2 J).

    Examples
    --------
    >>> small = finite_size(20, 0.4)
    >>> round(small.free_energy, 6), round(small.participation, 6)
    (-0.785009, 0.400759)
    """
    require(is_integer(n) and 1 <= n <= LARGEST_N, "n", n, f"an integer from 1 to {LARGEST_N}")
    t, j = _positive("temperature", temperature), _positive("variance", variance)
    lowest = 0.02 * math.sqrt(2.0 * j)
    require(t >= lowest, "temperature", t, f"at least 0.02 sqrt(2 variance) = {lowest:g}")
    scale = math.sqrt(j * n)
    b, states = scale / t, 2.0**n
    step = min(0.3, STRIP / b)
    deepest = math.sqrt(2.0 * n * LN2)
    # ln Z is in [low, high] but for 1e-16: above by Markov's inequality, or by the law e^(-x deepest) of the lowest energy; below by its cumulative.
    high = (b * deepest if b > deepest else n * LN2 + 0.5 * b * b) + 37.0 * max(1.0, b / deepest)
    low = -b * float(ndtri(-math.expm1(-37.0 / states)))
    farthest = math.sqrt(2.0 * (n * LN2 + 37.0))  # no energy of any sample is beyond, but for 1e-16
    high = min(high, b * farthest + n * LN2)
    x = np.arange(
        max(-REACH, min(b, deepest) - 1.5 * REACH), min(max(b, deepest) + REACH, farthest + 1.0), step
    )
    u = np.arange(-max(high, 37.0), max(5.0, 5.0 - low), U_STEP)
    density = np.exp(-0.5 * x * x + math.log(step / math.sqrt(2.0 * math.pi)))
    # Only |u + b x| of order one is neither forbidden nor free. Cold, what lies below is negligible, and what lies above a sum of densities.
    cold = b > 2.0 * farthest + 1.0
    window = min(x.size, math.ceil((LOWEST + HIGHEST) / (b * step)) + 1) if cold else x.size
    beyond = np.append(np.cumsum(density[::-1])[::-1], 0.0)
    total = energy = squares = 0.0
    for part in np.array_split(u, max(1, u.size * window // 1_000_000)):
        first_node = np.zeros(part.size, dtype=np.int64)
        if cold:
            first_node = np.clip(
                np.ceil((-LOWEST - part) / b / step - x[0] / step), 0, x.size - window
            ).astype(np.int64)
        at = first_node[:, None] + np.arange(window)
        nodes, weights = x[at], density[at]
        y = part[:, None] + b * nodes
        with np.errstate(over="ignore", under="ignore"):
            w = np.exp(np.minimum(y, 700.0))
            missing = (-np.expm1(-w) * weights).sum(axis=1) + beyond[first_node + window]  # 1 - g
            gone = weights * np.exp(y - w)  # e^y exp(-e^y), in the exponent: e^y alone overflows
            first = (gone * nodes).sum(axis=1)
            second = (weights * np.exp(2.0 * y - w)).sum(axis=1)
            log_g = np.log1p(-np.minimum(missing, 1.0 - 1e-16))
            power = np.exp(states * log_g)
            other = states * np.exp((states - 1.0) * log_g)
            total += float(np.sum(np.exp(-np.exp(part)) - power))
            energy += float(np.sum(other * first))
            squares += float(np.sum(other * second))
    free = -t * U_STEP * total / n
    mean = -scale * U_STEP * energy / n
    return FiniteSize(free, mean, (mean - free) / t, U_STEP * squares)


def _integer_moment(replicas: int, b: float, states: float) -> float:
    """ln <Z^replicas>: times 1/replicas!, the coefficient of x^replicas in (sum_k x^k e^(k^2 b^2/2) / k!)^states, by its recursion."""
    k = np.arange(replicas + 1.0)
    log_a = 0.5 * (b * k) ** 2 - gammaln(k + 1.0)
    log_c = np.zeros(replicas + 1)
    for r in range(1, replicas + 1):
        factor = (k[1 : r + 1] * (states + 1.0) - r) / r
        log_c[r] = logsumexp(log_a[1 : r + 1] + log_c[r - 1 :: -1][:r], b=factor)
    return float(log_c[replicas] + gammaln(replicas + 1.0))


def _log_one_minus_exp(y: Array) -> Array:
    """ln(1 - exp(-e^y)), also where e^y underflows."""
    return np.where(y < -37.0, y, np.log(-np.expm1(-np.exp(np.clip(y, -38.0, 700.0)))))


def _fractional_moment(replicas: float, b: float, states: float) -> float:
    """ln <Z^replicas> for replicas in (0, 1): Z^r = r / Gamma(1 - r) int du e^(-r u) (1 - exp(-Z e^u))."""
    x = np.arange(-REACH, max(b, math.sqrt(2.0 * math.log(states))) + REACH, min(0.3, STRIP / b))
    log_density = -0.5 * x * x + math.log((x[1] - x[0]) / math.sqrt(2.0 * math.pi))
    log_states = math.log(states)
    u = np.arange(-b * b - log_states - 37.0 / (1.0 - replicas), 5.0 + b * REACH + 37.0 / replicas, U_STEP)
    # ln(1 - g^states): 0 once Z e^u is surely large (see finite_size), the first moment where it is surely small.
    log_terms = np.minimum(0.0, u + log_states + 0.5 * b * b)
    lowest = -b * float(ndtri(-math.expm1(-37.0 / states)))
    between = np.flatnonzero((u > -1.5 * b * b - log_states - 37.0) & (u < 5.0 - lowest))
    for at in np.array_split(between, max(1, between.size * x.size // 2_000_000)):
        log_missing = logsumexp(log_density + _log_one_minus_exp(u[at, None] + b * x), axis=1)  # 1 - g
        log_g = np.log1p(-np.minimum(np.exp(log_missing), 1.0 - 1e-16))
        log_terms[at] = _log_one_minus_exp(
            log_states + np.where(log_missing < -37.0, log_missing, np.log(np.maximum(-log_g, 1e-300)))
        )
    log_terms -= replicas * u
    return float(logsumexp(log_terms) + math.log(U_STEP * replicas) - gammaln(1.0 - replicas))


def log_moment(n: int, temperature: float, replicas: float, variance: float = 0.5) -> float:
    """ln <Z^replicas> / n at finite N, exactly: a finite sum for integers, one double integral between 0 and 1.

    Parameters
    ----------
    n : int
        Number of spins, 1 to 1000.
    temperature : float
        At least 0.02 sqrt(2 variance); between 0 and 1 replicas at least sqrt(variance n)/45 too.
    replicas : float
        An integer from 1 to 100, or a number from 0.02 to 0.98.
    variance : float
        J > 0.

    Returns
    -------
    float
        The moment's exponent per spin; error below 1e-9.

    Examples
    --------
    Two replicas sit in different states, or in the same one:

    >>> import math
    >>> b2, states = 0.5 * 10 / 0.8**2, 2**10
    >>> by_hand = math.log(states * (states - 1) * math.exp(b2) + states * math.exp(2 * b2)) / 10
    >>> abs(log_moment(10, 0.8, 2) - by_hand) < 1e-12
    True
    """
    require(is_integer(n) and 1 <= n <= LARGEST_N, "n", n, f"an integer from 1 to {LARGEST_N}")
    t, j = _positive("temperature", temperature), _positive("variance", variance)
    lowest = 0.02 * math.sqrt(2.0 * j)
    require(t >= lowest, "temperature", t, f"at least 0.02 sqrt(2 variance) = {lowest:g}")
    b, states = math.sqrt(j * n) / t, 2.0**n
    allowed = "an integer from 1 to 100 or a number from 0.02 to 0.98"
    require(is_finite(replicas), "replicas", replicas, allowed)
    if float(replicas).is_integer() and 1 <= replicas <= 100:
        return _integer_moment(int(replicas), b, states) / n
    require(0.02 <= replicas <= 0.98, "replicas", replicas, allowed)
    lowest = math.sqrt(j * n) / LARGEST_B
    require(
        t >= lowest,
        "temperature",
        t,
        f"at least {lowest:g} for {n} spins and a fraction of a replica (minutes)",
    )
    return _fractional_moment(float(replicas), b, states) / n


def sample(
    n: int,
    temperature: npt.ArrayLike,
    samples: int = 1,
    *,
    variance: float = 0.5,
    rng: int | np.random.Generator | None = None,
) -> Samples:
    """Draw all 2^N energies, several times over.

    Parameters
    ----------
    n : int
        Number of spins, 1 to 26.
    temperature : float or array_like of shape (t,)
        > 0.
    samples : int
        At least 1.
    variance : float
        J > 0.
    rng : int, Generator or None
        Seed.

    Examples
    --------
    >>> drawn = sample(12, [0.3, 1.0], samples=5, rng=1)
    >>> drawn.free_energy.shape, bool(np.all(drawn.free_energy[:, 0] <= drawn.ground_state))
    ((5, 2), True)
    """
    require(is_integer(n) and 1 <= n <= LARGEST_SAMPLED, "n", n, f"an integer from 1 to {LARGEST_SAMPLED}")
    require(is_integer(samples) and samples >= 1, "samples", samples, "an integer >= 1")
    temperatures = np.atleast_1d(real_array("temperature", temperature))
    require(
        temperatures.ndim == 1 and bool(np.all(temperatures > 0.0)), "temperature", temperature, "numbers > 0"
    )
    scale, random = math.sqrt(_positive("variance", variance) * n), generator(rng)
    found = np.empty((3, samples, temperatures.size))
    lowest = np.empty(samples)
    for i in range(samples):
        energies = scale * random.standard_normal(2**n)
        lowest[i] = energies.min()
        for k, t in enumerate(temperatures.tolist()):
            p = np.exp((lowest[i] - energies) / t)
            z = p.sum()
            found[:, i, k] = lowest[i] - t * math.log(z), p @ energies / z, p @ p / (z * z)
    return Samples(found[0] / n, found[1] / n, found[2], lowest / n)
