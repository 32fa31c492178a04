r"""Regression with random features: the test error against the number of features, solved, with its peak where learning becomes perfect.

Model. N random features of an input, phi_j(x) = Gaussian with covariance K(x, x') (over all inputs, independent for each j), are fixed; only
the N coefficients of f(x) = N^(-1/2) sum_j a_j phi_j(x) are learned, from P patterns, by least squares with ridge,

    minimise  sum_mu (y_mu - f(x_mu))^2 + lambda |a|^2,        f(x) = phi(x)^T Phi^T (Phi Phi^T + N lambda)^(-1) y.

*Exact, for N > P + 1 and lambda -> 0.* Given the P patterns, the feature vector of a new input is phi = Phi^T K^-1 k + (kappa)^(1/2) g, with
k = K(X, x), kappa = K(x, x) - k^T K^-1 k and g independent of Phi. Hence <f> = k^T K^-1 y at every N, and by the mean of an inverse Wishart
matrix, <(Phi Phi^T)^-1> = K^-1 / (N - P - 1),

    Var f(x) = kappa(x) y^T K^-1 y / (N - P - 1).

*For all N and lambda, in the limit of many patterns.* With G = (K + nu)^-1 and the *effective ridge* nu >= lambda,

    lambda = nu [1 - tr(K G) / N],
    <f(x)> = k^T G y,       Var f(x) = y^T K G^2 y [K(x, x) - k^T G k - nu k^T G^2 k] / (N - tr K^2 G^2).

The mean of M independent networks has the variance divided by M.

Data for :func:`predict`: inputs x in R^D with independent Gaussian entries, y = w.x / D^(1/2) + sigma eta with |w|^2 = D, and
K(x, x') = rho x.x'/D + (1 - rho) [x = x']: features with a linear part of weight rho, the rest (what a nonlinearity adds) as independent noise.
All traces follow from the Marchenko-Pastur law. For any other kernel and data: :func:`from_kernel`.

References: A. Jacot, B. Simsek, F. Spadaro, C. Hongler and F. Gabriel, ICML 2020 (arXiv 2002.08404), for the effective ridge; S. Mei and
A. Montanari, Comm. Pure Appl. Math. 75, 667 (2022), for the test error. Chapter: ``jamming/generalization``.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import as_real, is_integer, is_number, require
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator

__all__ = ["Prediction", "from_kernel", "predict", "sample"]

FloatArray = NDArray[np.float64]

SMALLEST = 1e-60  # of the ratios
EXTREME = 1e60  # of the ratios, the noise and the ridge: squares must be representable
HALVINGS = 110  # of the logarithm of an interval of at most 400 decades: to the last digit


class Prediction(NamedTuple):
    """Test error of networks with random features and where it comes from, from :func:`predict` or :func:`from_kernel`."""

    error: float
    """Mean squared error on new patterns, those patterns' own noise included."""
    limit: float
    """The same for the mean over infinitely many networks trained on the same patterns."""
    variance: float
    """Variance of one network's output about that mean, averaged over inputs; ``error = limit + variance / networks``."""
    effective_ridge: float
    """nu: the ridge with which the kernel itself would give the mean network."""
    output: float
    """Mean square of the output on new inputs, of the mean of the ``networks``."""


@kernel
def solve_kernel(
    features: float, load: float, linear: float, noise: float, ridge: float, out: Any, at: int
) -> None:
    """Mean error, variance, effective ridge, mean square output of the mean network -> out[at : at + 4].

    ``features`` = N/P, ``load`` = P/D, ``linear`` = rho < 1, ``noise`` = sigma^2, ``ridge`` = lambda. The variance is inf at N = P without ridge.
    """
    # Every trace is a sum or product of positive numbers (the moment equations of the Marchenko-Pastur law have been used to avoid
    # differences), so that no digits are lost at extreme loads or numbers of features.
    c = (1.0 - linear) / linear
    nu = 0.0
    if ridge > 0.0 or features < 1.0:
        # N/P - df(nu) - lambda N/(P nu) grows with nu; df <= 1/nu since tr K = P
        low = ridge if ridge > 0.0 else 1e-200
        high = (ridge + 1.0 / features) * (1.0 + 1e-12) + 1e-15
        for _ in range(HALVINGS):
            nu = math.sqrt(low) * math.sqrt(high)
            t = c + nu / linear
            b = t + 1.0 - load
            root = math.sqrt(b * b + 4.0 * load * t)
            m = 2.0 / (b + root) if b > 0.0 else (root - b) / (2.0 * load * t)
            if features < 0.5:
                surplus = features - (m / (1.0 + load * m) + c * m)
            else:  # near N = P what is left are 1 - N/P and 1 - df, not their complements
                surplus = nu / linear * m - (1.0 - features)
            if surplus > features * ridge / nu:
                high = nu
            else:
                low = nu
        nu = math.sqrt(low) * math.sqrt(high)
    t = c + nu / linear
    b = t + 1.0 - load
    root = math.sqrt(b * b + 4.0 * load * t)
    m = 2.0 / (b + root) if b > 0.0 else (root - b) / (2.0 * load * t)  # tr (S + t)^-1 / P, S = X X^T / D
    grown = 1.0 + load * m
    m2 = m * grown / root  # tr (S + t)^-2 / P
    s1 = m / (root * grown)  # tr S (S + t)^-2 / P
    less = (2.0 * t * (1.0 + load) + (1.0 - load) * (1.0 - load)) / (root * (root + t))  # 1 - t / root
    s2 = m / grown * less  # tr S^2 (S + t)^-2 / P
    missed = 1.0 / (
        m * root * grown
    )  # t^2 tr (X^T X / D + t)^-2 / D, the part of the teacher that is not learned
    out[at] = noise + missed + noise * load * s1

    labels = (s2 + (c + noise) * s1 + c * noise * m2) / linear  # y^T K G^2 y / P
    unseen = (1.0 - linear) * (1.0 + load * s1) + linear * missed
    # N/P - tr K^2 G^2 / P, by the equation for nu
    left = features * ridge / nu + nu / linear * (s1 + c * m2) if nu > 0.0 else features - 1.0
    out[at + 1] = labels * unseen / left if left > 0.0 else math.inf
    out[at + 2] = nu
    out[at + 3] = load * (s2 + noise * s1)


def predict(
    features: float,
    *,
    load: float = 4.0,
    linear: float = 0.7,
    noise: float = 0.3,
    ridge: float = 0.0,
    networks: float = 1.0,
) -> Prediction:
    """Test error of random-feature regression on Gaussian data, for many patterns.

    Parameters
    ----------
    features : float
        N/P, number of features over number of patterns, > 0.
    load : float
        P/D, number of patterns over the dimension of the inputs, > 0.
    linear : float
        rho, the share of the features' variance that is linear in the input, 0 < rho < 1.
    noise : float
        sigma, standard deviation of the noise on the labels, >= 0. The signal has variance 1.
    ridge : float
        lambda >= 0.
    networks : float
        M >= 1, how many networks with independent features and the same patterns are averaged; ``math.inf`` allowed.

    Raises
    ------
    ValueError
        Outside these ranges, and for N = P without ridge and with finitely many networks, where the variance is infinite.

    Examples
    --------
    Half as many features as patterns, nearly as many, and many more:

    >>> [round(predict(r).error, 3) for r in (0.5, 0.95, 10)]
    [0.689, 4.354, 0.153]

    A small ridge removes the peak, and so does averaging:

    >>> round(predict(0.95, ridge=0.1).error, 3), round(predict(0.95, networks=100).error, 3)
    (0.389, 0.174)
    """
    _in_range("features", features, 0, math.inf)
    _in_range("load", load, 0, math.inf)
    for name, value in (("features", features), ("load", load)):
        require(SMALLEST <= value <= EXTREME, name, value, f"in [{SMALLEST:g}, {EXTREME:g}]")
    _in_range("linear", linear, 0, 1)
    require(linear >= SMALLEST, "linear", linear, f"in [{SMALLEST:g}, 1)")
    _ridge_and_networks(ridge, networks)
    require(is_number(noise) and 0 <= noise <= EXTREME, "noise", noise, f"a number in [0, {EXTREME:g}]")
    out = np.empty(4)
    solve_kernel(float(features), float(load), float(linear), float(noise) ** 2, float(ridge), out, 0)
    limit, variance, nu, output = (float(value) for value in out)
    finite = math.isfinite(variance) or networks == math.inf
    require(finite, "features", features, "different from 1 where there is no ridge: the variance diverges")
    part = 0.0 if networks == math.inf else variance / networks
    return Prediction(limit + part, limit, variance, nu, output + part)


def from_kernel(
    train: ArrayLike,
    cross: ArrayLike,
    diagonal: ArrayLike,
    y: ArrayLike,
    y_test: ArrayLike,
    features: int,
    *,
    ridge: float = 0.0,
    networks: float = 1.0,
) -> Prediction:
    """Test error of regression with Gaussian random features of any kernel, on given patterns.

    Without ridge and for N > P + 1 the answer is exact; otherwise it holds for many patterns.

    Parameters
    ----------
    train : array_like, shape (P, P)
        K(x_mu, x_nu) of the training patterns, positive definite.
    cross : array_like, shape (T, P)
        K(x, x_mu) between test and training patterns.
    diagonal : array_like, shape (T,)
        K(x, x) of the test patterns.
    y, y_test : array_like, shapes (P,) and (T,)
        What is to be learned, and the truth in the test.
    features : int
        N >= 1.
    ridge, networks : float
        As for :func:`predict`.

    Examples
    --------
    Learning the square on ten points with Brownian paths as features, K(s, t) = min(s, t):

    >>> s, t = np.linspace(0.1, 1, 10), np.linspace(0.15, 0.95, 9)
    >>> K, k = np.minimum.outer(s, s), np.minimum.outer(t, s)
    >>> found = [from_kernel(K, k, t, s**2, t**2, n) for n in (5, 12, 1000)]
    >>> [round(answer.error, 5) for answer in found], round(found[1].limit, 7)
    ([0.01756, 0.03326, 4e-05], 6.3e-06)
    """
    named = (("train", train), ("cross", cross), ("diagonal", diagonal), ("y", y), ("y_test", y_test))
    K, k, k0, labels, truth = (as_real(name, array) for name, array in named)
    require(labels.ndim == 1 and labels.size > 0, "y.shape", labels.shape, "(P,) with P >= 1")
    require(truth.ndim == 1 and truth.size > 0, "y_test.shape", truth.shape, "(T,) with T >= 1")
    p, tests = len(labels), len(truth)
    require(K.shape == (p, p), "train.shape", K.shape, f"({p}, {p})")
    require(k.shape == (tests, p), "cross.shape", k.shape, f"({tests}, {p})")
    require(k0.shape == (tests,), "diagonal.shape", k0.shape, f"({tests},)")
    for name, array in (("train", K), ("cross", k), ("diagonal", k0), ("y", labels), ("y_test", truth)):
        require(bool(np.isfinite(array).all()), name, "an array with nan or inf", "finite")
        largest = float(np.abs(array).max())
        require(largest <= EXTREME, f"largest entry of {name}", largest, f"at most {EXTREME:g}")
    scale = float(np.abs(K).max())
    require(scale >= SMALLEST, "largest entry of train", scale, f"at least {SMALLEST:g}")
    skew = float(np.abs(K - K.T).max())
    require(skew <= 1e-9 * scale, "largest entry of train - train.T", skew, "zero: a kernel is symmetric")
    whole = is_integer(features)
    require(whole and features >= 1, "features", features, "an integer >= 1")
    _ridge_and_networks(ridge, networks)
    e, vectors = np.linalg.eigh(K)
    require(e[0] > 1e-13 * e[-1], "smallest eigenvalue of train", float(e[0]), "positive: no pattern twice")
    n = int(features)

    nu = 0.0
    if ridge > 0 or n < p:
        low, high = max(ridge, 1e-18 * e[-1]), ridge + e.sum() / n
        for _ in range(HALVINGS):
            nu = math.sqrt(low) * math.sqrt(high)
            low, high = (low, nu) if 1 - (e / (e + nu)).sum() / n - ridge / nu > 0 else (nu, high)
    exact = ridge == 0 and n > p + 1
    left = n - p - 1 if exact else n - float(((e / (e + nu)) ** 2).sum())
    finite = left > 1e-9 or networks == math.inf
    require(
        finite, "features", n, f"far from {p}, the number of patterns, without ridge: the variance diverges"
    )
    c, kv = vectors.T @ labels, k @ vectors
    mean = kv @ (c / (e + nu))
    seen = np.square(kv) @ (1 / (e + nu) + nu / (e + nu) ** 2)
    unseen = k0 - seen
    worst = int((unseen + 1e-6 * seen).argmin())
    possible = bool(unseen[worst] >= -1e-6 * seen[worst])
    allowed = f"at least {seen[worst]:.6g}, or train, cross and diagonal are not of one kernel"
    require(possible, f"diagonal[{worst}]", float(k0[worst]), allowed)
    variance = float((e * (c / (e + nu)) ** 2).sum() * unseen.mean() / left) if left > 1e-9 else math.inf
    part = 0.0 if networks == math.inf else variance / networks
    limit = float(np.mean((mean - truth) ** 2))
    return Prediction(limit + part, limit, variance, nu, float(np.mean(mean**2)) + part)


def sample(
    n: int,
    p: int,
    d: int,
    *,
    linear: float = 0.7,
    noise: float = 0.3,
    ridge: float = 0.0,
    networks: int = 1,
    rng: int | np.random.Generator | None = None,
) -> float:
    """Draw data and features of the model of :func:`predict` at finite size and return the test error of one ensemble.

    The average over test inputs is done exactly, so the only randomness is that of the patterns and of the features.

    Parameters
    ----------
    n, p, d : int
        Features, patterns, dimension of the inputs.
    linear, noise, ridge
        As for :func:`predict`.
    networks : int
        Size of the ensemble.
    rng : int or numpy.random.Generator, optional
        Seed or generator.

    Examples
    --------
    >>> draws = [sample(400, 200, 50, rng=seed) for seed in range(20)]
    >>> bool(abs(np.mean(draws) / predict(2.0, load=4.0).error - 1) < 0.1)
    True
    """
    for name, value in (("n", n), ("p", p), ("d", d), ("networks", networks)):
        whole = is_integer(value)
        require(whole and value >= 1, name, value, "an integer >= 1")
    _in_range("linear", linear, 0, 1)
    _ridge_and_networks(ridge, networks)
    require(is_number(noise) and 0 <= noise <= EXTREME, "noise", noise, f"a number in [0, {EXTREME:g}]")
    random = generator(rng)
    teacher = random.standard_normal(d)
    teacher *= math.sqrt(d) / np.linalg.norm(teacher)
    x = random.standard_normal((p, d))
    y = x @ teacher / math.sqrt(d) + noise * random.standard_normal(p)
    weights, own = np.zeros(d), 0.0
    for _ in range(networks):
        f = random.standard_normal((n, d))
        phi = math.sqrt(linear / d) * x @ f.T + math.sqrt(1 - linear) * random.standard_normal((p, n))
        phi /= math.sqrt(n)
        if ridge == 0:
            a = np.linalg.lstsq(phi, y, rcond=None)[0]
        elif n < p:
            a = np.linalg.solve(phi.T @ phi + ridge * np.eye(n), phi.T @ y)
        else:
            a = phi.T @ np.linalg.solve(phi @ phi.T + ridge * np.eye(p), y)
        weights += math.sqrt(linear / n) * f.T @ a / networks
        own += (1 - linear) * float(a @ a) / n / networks**2
    return float(noise**2 + np.sum((teacher - weights) ** 2) / d + own)


def _in_range(name: str, value: float, low: float, high: float) -> None:
    allowed = f"a number > {low}" if high == math.inf else f"a number in ({low}, {high})"
    require(is_number(value) and low < value < high, name, value, allowed)


def _ridge_and_networks(ridge: float, networks: float) -> None:
    require(is_number(ridge) and 0 <= ridge <= EXTREME, "ridge", ridge, f"a number in [0, {EXTREME:g}]")
    require(is_number(networks) and networks >= 1, "networks", networks, "a number >= 1, or math.inf")
