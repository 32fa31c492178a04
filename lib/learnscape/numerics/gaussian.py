"""Gaussian tails to full precision, fast enough for nested integrals, without a mathematical library.

With G(x) = exp(-x^2/2) / sqrt(2 pi), every replica calculation of this book needs

    H(x) = int_x^inf G(z) dz,    log H(x),    G(x) / H(x)  (the inverse Mills ratio, minus the derivative of log H),

from x = -1e8 to 1e8, and the integral of a function against G. The kernels here have no branch and call no function of the C
library, so LLVM vectorises the loops around them, and the same machine-independent arithmetic runs in WebAssembly, where
there is no C library.

The method follows W. J. Cody, "Rational Chebyshev approximation for the error function", Math. Comp. 23 (1969) 631: the
exponential is taken out, with x^2 split into two parts whose first is exact, and the slowly varying factor
(x + 4) H(x) / G(x) is a polynomial in t = (x - 4) / (x + 4), which maps 0 <= x <= inf to [-1, 1]. ``tools/fit_gaussian.py``
derives the coefficients. Measured error: a few units of 2e-16. Chapter: start/numerics.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import overload

import numpy as np
import numpy.typing as npt

from learnscape.errors import is_integer, is_number, real_array, require
from learnscape.numerics._polynomials import SHIFT, atanh_tail, expm1_tail, mills_factor
from learnscape.numerics.jit import inlined, kernel, widest_vectors
from learnscape.numerics.legendre import legendre

__all__ = [
    "NODES",
    "WEIGHTS",
    "H",
    "exp_kernel",
    "expm1_kernel",
    "h_kernel",
    "inverse_mills",
    "inverse_mills_kernel",
    "log1p_kernel",
    "log_2cosh_kernel",
    "log_H",
    "log_h_and_inverse_mills_kernel",
    "log_h_kernel",
    "log_kernel",
    "mills_kernel",
    "quadrature",
    "tanh_kernel",
]

FloatArray = npt.NDArray[np.float64]

LOG2_E = 1.4426950408889634
# ln 2 in two parts: k * LN2_HIGH is exact for |k| < 2^20 because its last 21 bits are zero.
LN2_HIGH = 0.6931471803691238
LN2_LOW = 1.9082149292705877e-10
INVERSE_SQRT_2PI = 0.3989422804014327
# Adding 1.5 * 2^52 rounds a double to an integer, which then stands in the lowest bits of the sum.
ROUND = 6755399441055744.0
ROUND_BITS = 0x4338000000000000
SQRT_HALF_BITS = 0x3FE6A09E667F3BCD


@inlined
def _power_of_two(k: float) -> float:
    """2^k for an integer k in [-1022, 1023], built as bits."""
    return np.int64(((np.float64(k + ROUND).view(np.int64) - ROUND_BITS) + 1023) << 52).view(np.float64)


@inlined
def _exp_parts(high: float, low: float) -> tuple[float, float]:
    """(p, k) with exp(high + low) = p 2^k and k an integer; ``low`` carries what rounding ``high`` lost."""
    k = ((high + low) * LOG2_E + ROUND) - ROUND
    r = ((high - k * LN2_HIGH) + low) - k * LN2_LOW
    return 1.0 + (r + r * r * expm1_tail(r)), k


@inlined
def exp_kernel(x: float) -> float:
    """exp(x), relative error below 3e-16; 0 below -746, inf above 709.8, NaN stays NaN."""
    clipped = -760.0 if x < -760.0 else x
    clipped = 720.0 if clipped > 720.0 else clipped
    p, k = _exp_parts(clipped, 0.0)
    half = (0.5 * k + ROUND) - ROUND
    # Two factors, so that results below 2e-308 are rounded once and not flushed to zero.
    return (p * _power_of_two(half)) * _power_of_two(k - half)


@inlined
def expm1_kernel(x: float) -> float:
    """exp(x) - 1 without cancellation at small x, for x <= 709."""
    clipped = -60.0 if x < -60.0 else x
    clipped = 720.0 if clipped > 720.0 else clipped
    k = (clipped * LOG2_E + ROUND) - ROUND
    high = clipped - k * LN2_HIGH
    r = high - k * LN2_LOW
    half = (0.5 * k + ROUND) - ROUND
    first, second = _power_of_two(half), _power_of_two(k - half)
    return ((r + r * r * expm1_tail(r)) * first) * second + (first * second - 1.0)


@inlined
def _log_normal(x: float) -> float:
    """log(x) for a positive, normal, finite x."""
    bits = np.float64(x).view(np.int64)
    exponent = (bits - SQRT_HALF_BITS) >> 52
    k = np.int64(exponent + ROUND_BITS).view(np.float64) - ROUND
    f = np.int64(bits - (exponent << 52)).view(np.float64) - 1.0
    # log(1 + f) = 2 atanh(s); written so that f, which is exact, leads the sum.
    s = f / (2.0 + f)
    z = s * s
    square = 0.5 * f * f
    return k * LN2_HIGH - ((square - (s * (square + z * atanh_tail(z)) + k * LN2_LOW)) - f)


@inlined
def log_kernel(x: float) -> float:
    """log(x), error below 1 unit in the last place; -inf at 0, inf at inf, NaN below 0."""
    small = x < 2.2250738585072014e-308
    y = _log_normal(x * 18014398509481984.0 if small else x) - (37.42994775023705 if small else 0.0)
    y = y if x < math.inf else x
    y = y if x > 0.0 else -math.inf
    return y if x >= 0.0 else math.nan


@inlined
def log1p_kernel(x: float) -> float:
    """log(1 + x) without cancellation at small x, for -1 < x < 1e300."""
    u = 1.0 + x
    return _log_normal(u) + (x - (u - 1.0)) / u


@inlined
def tanh_kernel(x: float) -> float:
    """tanh(x), relative error below 1e-15 also at small x."""
    e = expm1_kernel(-2.0 * math.fabs(x))
    return math.copysign(e / (2.0 + e), x)


@inlined
def log_2cosh_kernel(x: float) -> float:
    """log(2 cosh x) = |x| + log(1 + exp(-2 |x|)), never overflowing."""
    a = math.fabs(x)
    return a + log1p_kernel(exp_kernel(-2.0 * a))


@inlined
def _mills(a: float) -> float:
    """H(a) / G(a) for a >= 0."""
    inverse = 1.0 / (a + SHIFT)
    return mills_factor(1.0 - 2.0 * SHIFT * inverse) * inverse


@inlined
def _density(a: float) -> float:
    """G(a) for a >= 0."""
    a = 39.0 if a > 39.0 else a
    # a^2 = head^2 + (a - head)(a + head) with head a multiple of 1/16, so head^2 is exact: rounding a^2 itself would cost
    # a^2 * 1e-16 of relative accuracy.
    head = ((a * 16.0 + ROUND) - ROUND) * 0.0625
    p, k = _exp_parts(-0.5 * head * head, -0.5 * (a - head) * (a + head))
    # k >= -1098. The last factor undoes 2^200, and rounds results below 2e-308 once instead of flushing them to zero.
    return (p * _power_of_two(k + 200.0)) * (INVERSE_SQRT_2PI * 2.0**-200)


@inlined
def mills_kernel(x: float) -> float:
    """H(x) / G(x), the Mills ratio sqrt(pi/2) erfcx(x / sqrt 2), for x >= 0."""
    return _mills(math.fabs(x))


@inlined
def h_kernel(x: float) -> float:
    """H(x), the probability that a standard Gaussian exceeds x."""
    a = math.fabs(x)
    tail = _density(a) * _mills(a)
    return 1.0 - tail if x < 0.0 else tail


@inlined
def log_h_kernel(x: float) -> float:
    """log H(x)."""
    a = math.fabs(x)
    mills = _mills(a)
    tail = _density(a) * mills
    # x >= 0: log(H / G) + log G. x < 0: log(1 - tail), with the rounding of 1 - tail put back. One logarithm serves both.
    u = 1.0 - tail
    below = x < 0.0
    scaled = INVERSE_SQRT_2PI * mills
    # 1 / mills grows only like x, so x = inf is the one point where ``scaled`` leaves the normal numbers.
    scaled = scaled if scaled > 2.2250738585072014e-308 else 2.2250738585072014e-308
    return _log_normal(u if below else scaled) + ((1.0 - u - tail) * (1.0 + tail) if below else -0.5 * a * a)


@inlined
def inverse_mills_kernel(x: float) -> float:
    """G(x) / H(x): minus the derivative of log H."""
    a = math.fabs(x)
    numerator = a + SHIFT
    ratio = mills_factor(1.0 - 2.0 * SHIFT / numerator)
    density = _density(a)
    left = density / (1.0 - density * ratio / numerator)
    return left if x < 0.0 else numerator / ratio


@inlined
def log_h_and_inverse_mills_kernel(x: float) -> tuple[float, float]:
    """(log H(x), G(x)/H(x)) for little more than the price of one: the compiler shares what they have in common."""
    return log_h_kernel(x), inverse_mills_kernel(x)


@kernel
def _fill_h(x: FloatArray, out: FloatArray) -> None:
    widest_vectors()
    for i in range(x.size):
        out[i] = h_kernel(x[i])


@kernel
def _fill_log_h(x: FloatArray, out: FloatArray) -> None:
    widest_vectors()
    for i in range(x.size):
        out[i] = log_h_kernel(x[i])


@kernel
def _fill_inverse_mills(x: FloatArray, out: FloatArray) -> None:
    widest_vectors()
    for i in range(x.size):
        out[i] = inverse_mills_kernel(x[i])


def _apply(
    point: Callable[[float], float], fill: Callable[[FloatArray, FloatArray], None], x: npt.ArrayLike
) -> float | FloatArray:
    """The checks and shapes common to the three front ends."""
    if type(x) is float and x == x:
        return float(point(x))
    values = real_array("x", x, infinite=True)
    if values.ndim == 0:
        return float(point(float(values)))
    out = np.empty(values.shape)
    fill(np.ascontiguousarray(values).reshape(-1), out.reshape(-1))
    return out


@overload
def H(x: float) -> float: ...
@overload
def H(x: npt.ArrayLike) -> float | FloatArray: ...
def H(x: npt.ArrayLike) -> float | FloatArray:
    """Gaussian tail H(x), the probability that a standard Gaussian exceeds x.

    Parameters
    ----------
    x : float or array_like
        Real, any shape; infinities are allowed.

    Returns
    -------
    float or ndarray
        A float for a scalar, else an array of the shape of ``x``. Relative error below 1e-14; 0 above x = 38.6.

    Raises
    ------
    ValueError
        If an entry is NaN, masked, or not a real number.

    Examples
    --------
    >>> H(0.0)
    0.5
    >>> bool(abs(H(30.0) / 4.906713927148187e-198 - 1) < 1e-14)
    True
    """
    return _apply(h_kernel, _fill_h, x)


@overload
def log_H(x: float) -> float: ...
@overload
def log_H(x: npt.ArrayLike) -> float | FloatArray: ...
def log_H(x: npt.ArrayLike) -> float | FloatArray:
    """Natural logarithm of the Gaussian tail, accurate where :func:`H` underflows or is close to one.

    Parameters
    ----------
    x : float or array_like
        Real, any shape; infinities are allowed.

    Returns
    -------
    float or ndarray
        log H(x), relative error below 1e-14: -x^2/2 - log(x sqrt(2 pi)) far right, -H(-x) far left.

    Raises
    ------
    ValueError
        If an entry is NaN, masked, or not a real number.

    Examples
    --------
    >>> log_H(1e8)
    -5000000000000019.0
    >>> log_H([0.0, -50.0]).round(12).tolist()
    [-0.69314718056, 0.0]
    """
    return _apply(log_h_kernel, _fill_log_h, x)


@overload
def inverse_mills(x: float) -> float: ...
@overload
def inverse_mills(x: npt.ArrayLike) -> float | FloatArray: ...
def inverse_mills(x: npt.ArrayLike) -> float | FloatArray:
    """Inverse Mills ratio G(x) / H(x) = -d log H / dx, the mean of a Gaussian conditioned to exceed x.

    Parameters
    ----------
    x : float or array_like
        Real, any shape; infinities are allowed.

    Returns
    -------
    float or ndarray
        G(x) / H(x), relative error below 1e-14: x + 1/x - ... far right, G(x) far left.

    Raises
    ------
    ValueError
        If an entry is NaN, masked, or not a real number.

    Examples
    --------
    >>> bool(abs(inverse_mills(1e8) - 1e8) < 1e-7)
    True
    >>> round(inverse_mills(0.0), 12)
    0.797884560803
    """
    return _apply(inverse_mills_kernel, _fill_inverse_mills, x)


def quadrature(n: int = 128, cut: float = 10.0) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights for a Gaussian average, sum_i w_i f(z_i) = int Dz f(z).

    Gauss-Legendre in four segments with breaks at 0 and +-cut/2, so integrands with a kink or step at 0 lose nothing. The
    average of log H((kappa - sqrt(q) z) / sqrt(1 - q)) with 128 nodes has a relative error near 1e-15 at q = 0.3, 1e-10 at
    0.9, and up to 1e-5 at 0.99, where the integrand bends within sqrt(1 - q): use more nodes, or a rule with a break there.

    Parameters
    ----------
    n : int
        Number of nodes, a positive multiple of 4.
    cut : float
        The line is cut at +-cut, in (0, 38]; 10 leaves out a mass of 2e-23.

    Returns
    -------
    nodes, weights : ndarray of shape (n,)
        Nodes in increasing order, symmetric to the bit; positive weights with sum one.

    Examples
    --------
    >>> z, w = quadrature()
    >>> bool(abs(w @ z**4 - 3) < 1e-14)
    True
    """
    whole = is_integer(n)
    require(whole and n > 0 and n % 4 == 0, "n", n, "a positive multiple of 4")
    require(is_number(cut) and 0 < cut <= 38, "cut", cut, "a number in (0, 38]")
    y, w = legendre(int(n) // 4)
    half = float(cut) / 4
    right = np.concatenate([half * (y + 1), half * (y + 3)])
    mass = np.concatenate([w, w]) * np.exp(-0.5 * right**2)
    mass *= 0.5 / math.fsum(mass)
    return np.concatenate([-right[::-1], right]), np.concatenate([mass[::-1], mass])


# For kernels: constants that need no argument, on the page too.
NODES, WEIGHTS = quadrature(128)
NODES.flags.writeable = False
WEIGHTS.flags.writeable = False
