"""Scaling laws y = A x^a between averages: a weighted straight line in log-log, with its error, in one window or in many.

Public as :func:`learnscape.numerics.power_law.slope` and :func:`learnscape.numerics.power_law.slope_scan`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincc

from learnscape.errors import real_array, require
from learnscape.numerics._power_family import positive, window


@dataclass(frozen=True)
class Slope:
    """A power law y = prefactor x^exponent between averages."""

    exponent: float
    """Slope in log-log."""
    error: float
    """Standard error: from the error bars of y where they were given, else from the scatter about the line."""
    prefactor: float
    """y at x = 1 on the line."""
    prefactor_error: float
    """Its standard error."""
    low: float
    """Lower end of the window in x."""
    high: float
    """Upper end of the window in x."""
    count: int
    """Points inside the window."""
    chi2: float
    """Sum of squared residuals in units of the error bars; NaN without error bars."""
    p_value: float
    """Probability of a larger ``chi2`` if the law holds and the error bars are right; NaN without error bars."""


# ---- scaling laws -----------------------------------------------------------------------------------------------------------


def slope(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    y_error: npt.ArrayLike | None = None,
    *,
    low: float = 0.0,
    high: float = math.inf,
) -> Slope:
    """Fit y = A x^a by a weighted straight line in log-log.

    Parameters
    ----------
    x, y : array_like of shape (n,)
        Positive and finite.
    y_error : array_like of shape (n,), optional
        Standard errors of y, positive. An error bar in log y is y_error / y, which holds for small ones.
    low, high : float
        Points with low <= x <= high are used: at least 2 with error bars, at least 3 without.

    Returns
    -------
    Slope

    Raises
    ------
    ValueError
        For values that are not finite and positive, lengths that differ, too few points or all of them at one x.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 4.0, 8.0])
    >>> line = slope(x, 3 * x**0.5, 0.03 * x**0.5)
    >>> print(f"{line.exponent:.3f} +- {line.error:.3f}, prefactor {line.prefactor:.3f}")
    0.500 +- 0.006, prefactor 3.000
    """
    a, b = positive("x", x), positive("y", y)
    require(a.size == b.size, "y", f"{b.size} values", f"as many as x, {a.size}")
    errors = None if y_error is None else positive("y_error", y_error)
    require(errors is None or errors.size == a.size, "y_error", y_error, f"as many values as x, {a.size}")
    window(low, high, scale_free=True)
    inside = (a >= low) & (a <= high)
    count, fewest = int(np.count_nonzero(inside)), 3 if errors is None else 2
    require(
        count >= fewest, "the window", (low, high), f"one with at least {fewest} points; it holds {count}"
    )
    u, v = np.log(a[inside]), np.log(b[inside])
    require(float(np.ptp(u)) > 0, "x", float(a[inside][0]), "at least two different values in the window")
    sigma = np.ones(count) if errors is None else errors[inside] / b[inside]
    # Centred, so that slope and value at the centre are uncorrelated and nothing cancels.
    weight = 1.0 / sigma**2
    middle = float(weight @ u / weight.sum())
    spread = float(weight @ (u - middle) ** 2)
    exponent = float(weight @ ((u - middle) * v) / spread)
    height = float(weight @ v / weight.sum())
    chi2 = float(np.sum(((v - height - exponent * (u - middle)) / sigma) ** 2))
    dof = count - 2
    unit = 1.0 if errors is not None else math.sqrt(chi2 / dof)
    prefactor = math.exp(height - exponent * middle)
    log_error = unit * math.sqrt(1.0 / float(weight.sum()) + middle**2 / spread)
    known = errors is not None
    return Slope(
        exponent,
        unit / math.sqrt(spread),
        prefactor,
        prefactor * log_error,
        float(a[inside].min()),
        float(a[inside].max()),
        count,
        chi2 if known else math.nan,
        float(gammaincc(0.5 * dof, 0.5 * chi2)) if known and dof > 0 else math.nan,
    )


def slope_scan(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    y_error: npt.ArrayLike | None = None,
    *,
    low: Iterable[float] = (0.0,),
    high: Iterable[float] = (math.inf,),
) -> tuple[Slope, ...]:
    """:func:`slope` in every window made of one of the lower and one of the higher cut-offs; windows with fewer than 3 points are left out.

    Examples
    --------
    >>> x = np.geomspace(0.01, 1, 20)
    >>> y = x**0.5 * (1 + x)      # a correction that fades towards small x
    >>> [round(line.exponent, 2) for line in slope_scan(x, y, high=[0.05, 0.3, 1.0])]
    [0.52, 0.57, 0.63]
    """
    points = positive("x", x)
    lows = real_array("low", list(low), ndim=1).tolist()
    highs = real_array("high", list(high), infinite=True, ndim=1).tolist()
    windows = [(a, b) for a in lows for b in highs if a < b]
    require(bool(windows), "the windows", (lows, highs), "pairs low < high, at least one")
    return tuple(
        slope(x, y, y_error, low=a, high=b)
        for a, b in windows
        if np.count_nonzero((points >= a) & (points <= b)) >= 3
    )
