"""The law x^exponent in a window as a one-parameter exponential family, and the checks of arguments that its users share.

Everything here is vectorised over bootstrap samples. See :mod:`learnscape.numerics.power_law`, which documents the mathematics.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from learnscape.errors import is_number, real_array, require

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# In the reduced variable t, one-parameter exponential families: with both ends finite t = u/L in [0, 1] and the density is
# e^{yt}, y = sL. A window [0, high] has t = ln(high/x) and s e^{-st}; a window [low, inf) t = ln(x/low) and -s e^{st}.


def scale(low: float, high: float) -> float:
    """Shape parameter divided by s = exponent + 1."""
    return math.log(high / low) if low > 0 and high < math.inf else 1.0


def reduced(x: FloatArray, low: float, high: float) -> FloatArray:
    if low == 0:
        return np.log(high / x)
    return np.log(x / low) / scale(low, high)


def shape_of(mean: FloatArray, low: float, high: float) -> FloatArray:
    """The shape parameter whose law has the given mean of t; infinite where there is none."""
    if low == 0 or high == math.inf:
        with np.errstate(divide="ignore"):
            rate = 1.0 / mean
        return rate if low == 0 else -rate
    # mean = 1/2 + Langevin(y/2)/2: a Padé guess, then Newton, which converges monotonically from there.
    r = 2.0 * mean - 1.0
    bound = np.abs(r) >= 1.0 - 1e-12
    r = np.where(bound, 0.0, r)
    h = r * (3.0 - r * r) / (1.0 - r * r)
    for _ in range(30):
        change = (_langevin(h) - r) / _langevin_slope(h)
        h = h - change
        if np.all(np.abs(change) <= 1e-14 * (1.0 + np.abs(h))):
            break
    return np.where(bound, np.inf, 2.0 * h)


def _langevin(h: FloatArray) -> FloatArray:
    """coth(h) - 1/h."""
    small = np.abs(h) < 0.02
    safe = np.where(small, 1.0, h)
    return np.where(small, h / 3.0 - h**3 / 45.0 + 2.0 * h**5 / 945.0, 1.0 / np.tanh(safe) - 1.0 / safe)


def _langevin_slope(h: FloatArray) -> FloatArray:
    small = np.abs(h) < 0.02
    safe = np.clip(np.where(small, 1.0, h), -300.0, 300.0)
    return np.where(
        small, 1.0 / 3.0 - h * h / 15.0 + 2.0 * h**4 / 189.0, 1.0 / safe**2 - 1.0 / np.sinh(safe) ** 2
    )


def variance(shape: float, low: float, high: float) -> float:
    """Variance of t under the law, which is the Fisher information about the shape parameter."""
    if low == 0 or high == math.inf:
        return 1.0 / shape**2
    return float(_langevin_slope(np.array(0.5 * shape))) / 4.0


def cdf(t: FloatArray, shape: float | FloatArray, low: float, high: float) -> FloatArray:
    """Distribution function of t."""
    y = np.asarray(shape, dtype=np.float64)
    if low == 0 or high == math.inf:
        return -np.expm1(-np.abs(y) * t)
    safe = np.where(np.abs(y) < 1e-9, 1.0, y)
    # For y > 0 divide by e^y first, so that nothing overflows.
    grown = np.where(
        safe > 0,
        np.exp(np.minimum(safe * (t - 1.0), 0.0)) * np.expm1(-np.abs(safe) * t) / np.expm1(-np.abs(safe)),
        np.expm1(-np.abs(safe) * t) / np.expm1(-np.abs(safe)),
    )
    return np.where(np.abs(y) < 1e-9, t, grown)


def quantile(p: FloatArray, shape: float, low: float, high: float) -> FloatArray:
    """Inverse of :func:`cdf`."""
    if low == 0 or high == math.inf:
        return -np.log1p(-p) / abs(shape)
    if shape == 0:
        return p
    if abs(shape) < 1.0:  # the logarithms below cancel
        return np.log1p(p * math.expm1(shape)) / shape
    if shape > 0:
        return 1.0 + np.log(p + (1.0 - p) * math.exp(-shape)) / shape
    return np.log((1.0 - p) + p * math.exp(shape)) / shape


def ks_distance(model: FloatArray) -> float:
    """Kolmogorov-Smirnov distance of sorted values from a law, given its distribution function at these values."""
    n = model.size
    above = np.arange(1, n + 1) / n - model
    return float(max(above.max(), (1.0 / n - above).max()))


# ---- arguments --------------------------------------------------------------------------------------------------------------


def positive(name: str, value: npt.ArrayLike) -> FloatArray:
    x = real_array(name, value, infinite=True)
    require(x.ndim == 1 and x.size > 0, name, value, "a list of at least one real number")
    bad = x[~(np.isfinite(x) & (x > 0))]
    require(bad.size == 0, name, bad[:3].tolist(), "finite numbers > 0")
    return x


def labels_of(groups: npt.ArrayLike, size: int) -> IntArray:
    require(not np.ma.is_masked(groups), "groups", groups, "without masked entries")
    labels = np.asarray(groups)
    require(
        labels.shape == (size,), "groups", f"shape {labels.shape}", f"one label for each of the {size} values"
    )
    require(
        labels.dtype.kind != "f" or bool(np.all(np.isfinite(labels))), "groups", groups, "labels without NaN"
    )
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def window(low: float, high: float, *, scale_free: bool = False) -> None:
    require(number(low) and 0 <= low < math.inf, "low", low, "a finite number >= 0")
    require(number(high) and high > low, "high", high, f"a number > low = {low!r}")
    bounded = scale_free or low > 0 or high < math.inf
    require(bounded, "the window", (low, high), "bounded below (low > 0) or above (high < inf)")


def number(value: object) -> bool:
    return is_number(value) and value == value
