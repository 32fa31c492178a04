"""One quantity, many names: exact conversion between the conventions of the papers and of this book.

The same margin is called kappa, sigma, epsilon or 1/|w|, the same overlap a distance, an angle or a number of flipped weights. Each
*family* below has one base convention, the book's own, and two functions per convention, to the base and back. All formulas follow
from the definitions (weights with ``|w|**2 = N``, pattern entries of variance 1, stability ``w.xi / sqrt(N)``); none is an
approximation. Chapter: ``start/notation``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from learnscape.errors import is_finite, require

__all__ = ["FAMILIES", "Context", "Convention", "convert"]


@dataclass(frozen=True)
class Context:
    """What a conversion may need to know besides the value.

    Attributes
    ----------
    n : float
        Number of weights N.
    kappa : float
        Margin, needed between stabilities and gaps.
    inputs_per_weight : float
        D/N, for data with D intrinsic dimensions (paper A).
    """

    n: float = 1000.0
    kappa: float = 0.0
    inputs_per_weight: float = 1.0


@dataclass(frozen=True)
class Convention:
    """One way to write a quantity.

    Attributes
    ----------
    symbol : str
        How it is written, as LaTeX.
    meaning : str
        Definition in words and who uses it.
    allowed : str
        The allowed range, in words, for the error message.
    accepts : callable
        ``accepts(value, context)``: is the value in the allowed range?
    to_base, from_base : callable
        Conversion to and from the book's convention.
    """

    symbol: str
    meaning: str
    allowed: str
    accepts: Callable[[float, Context], bool]
    to_base: Callable[[float, Context], float]
    from_base: Callable[[float, Context], float]


def _any(value: float, context: Context) -> bool:
    return True


def _positive(value: float, context: Context) -> bool:
    return value > 0


def _same(value: float, context: Context) -> float:
    return value


_LN2 = math.log(2.0)
_LN10 = math.log(10.0)

FAMILIES: dict[str, dict[str, Convention]] = {
    "overlap": {
        "overlap": Convention(
            r"$q$",
            "overlap $w\\cdot w'/N$ (this book)",
            "a number in [-1, 1]",
            lambda v, c: -1 <= v <= 1,
            _same,
            _same,
        ),
        "distance": Convention(
            r"$d=\frac{1-q}2$",
            "normalised Hamming distance: fraction of binary weights that differ",
            "a number in [0, 1]",
            lambda v, c: 0 <= v <= 1,
            lambda v, c: 1 - 2 * v,
            lambda v, c: (1 - v) / 2,
        ),
        "flips": Convention(
            r"$Nd$",
            "Hamming distance: number of binary weights that differ",
            "a number in [0, N]",
            lambda v, c: 0 <= v <= c.n,
            lambda v, c: 1 - 2 * v / c.n,
            lambda v, c: c.n * (1 - v) / 2,
        ),
        "squared_distance": Convention(
            r"$|w-w'|^2/N=2(1-q)$",
            "squared Euclidean distance per weight",
            "a number in [0, 4]",
            lambda v, c: 0 <= v <= 4,
            lambda v, c: 1 - v / 2,
            lambda v, c: 2 * (1 - v),
        ),
        "angle": Convention(
            r"$\arccos q$",
            "angle between the weight vectors, in radians",
            "a number in [0, pi]",
            lambda v, c: 0 <= v <= math.pi,
            lambda v, c: math.cos(v),
            lambda v, c: math.acos(v),
        ),
        "disagreement": Convention(
            r"$\frac1\pi\arccos q$",
            "probability that the two perceptrons disagree on a new Gaussian input; with a teacher: generalization error",
            "a number in [0, 1]",
            lambda v, c: 0 <= v <= 1,
            lambda v, c: math.cos(math.pi * v),
            lambda v, c: math.acos(v) / math.pi,
        ),
    },
    "margin": {
        "kappa": Convention(
            r"$\kappa$",
            "$w\\cdot\\xi/\\sqrt N\\ge\\kappa$ with $|w|^2=N$ (this book, Gardner)",
            "any finite number",
            _any,
            _same,
            _same,
        ),
        "sigma": Convention(
            r"$\sigma$",
            "jamming of the perceptron: gap $h=w\\cdot\\xi/\\sqrt N-\\sigma\\ge0$",
            "any finite number",
            _any,
            _same,
            _same,
        ),
        "unnormalised": Convention(
            r"$K=\kappa\sqrt N$",
            "bound on the bare sum: $w\\cdot\\xi\\ge K$ with $|w|^2=N$",
            "any finite number",
            _any,
            lambda v, c: v / math.sqrt(c.n),
            lambda v, c: v * math.sqrt(c.n),
        ),
        "unit_patterns": Convention(
            r"$\kappa/\sqrt N$",
            "geometric margin: distance to the hyperplane, patterns scaled to length 1",
            "any finite number",
            _any,
            lambda v, c: v * math.sqrt(c.n),
            lambda v, c: v / math.sqrt(c.n),
        ),
        "smallest_norm": Convention(
            r"$|v|=1/\kappa$",
            "support-vector machine: length of the shortest $v$ with $v\\cdot\\xi\\ge1$ (margin > 0 only)",
            "a number > 0 (a margin <= 0 has no such form)",
            _positive,
            lambda v, c: 1 / v,
            lambda v, c: 1 / v if v > 0 else math.nan,
        ),
    },
    "stability": {
        "stability": Convention(
            r"$\Delta$",
            "$w\\cdot\\xi/\\sqrt N$, satisfied when $\\Delta\\ge\\kappa$ (this book)",
            "any finite number",
            _any,
            _same,
            _same,
        ),
        "gap": Convention(
            r"$h=\Delta-\kappa$",
            "jamming: gap, satisfied when $h\\ge0$",
            "any finite number",
            _any,
            lambda v, c: v + c.kappa,
            lambda v, c: v - c.kappa,
        ),
        "paper_b": Convention(
            r"$\Delta^{\mathrm B}=\kappa-\Delta$",
            "paper B: $\\epsilon-yf$, positive when *unsatisfied* (its margin $\\epsilon$ is our $\\kappa$)",
            "any finite number",
            _any,
            lambda v, c: c.kappa - v,
            lambda v, c: c.kappa - v,
        ),
    },
    "load": {
        "alpha": Convention(
            r"$\alpha=P/N$",
            "load: patterns per weight (this book); paper B's $r$",
            "a number > 0",
            _positive,
            _same,
            _same,
        ),
        "weights_per_pattern": Convention(
            r"$1/\alpha=N/P$",
            "degree of over-parameterisation (paper A)",
            "a number > 0",
            _positive,
            lambda v, c: 1 / v,
            lambda v, c: 1 / v,
        ),
        "patterns": Convention(
            r"$P=\alpha N$",
            "number of patterns",
            "a number > 0",
            _positive,
            lambda v, c: v / c.n,
            lambda v, c: v * c.n,
        ),
        "alpha_teacher": Convention(
            r"$\alpha_T=P/D$",
            "patterns per intrinsic dimension of the data (paper A)",
            "a number > 0",
            _positive,
            lambda v, c: v * c.inputs_per_weight,
            lambda v, c: v / c.inputs_per_weight,
        ),
    },
    "entropy": {
        "nats": Convention(
            r"$s$", "natural logarithm per weight (this book)", "any finite number", _any, _same, _same
        ),
        "bits": Convention(
            r"$s/\ln2$",
            "bits per weight",
            "any finite number",
            _any,
            lambda v, c: v * _LN2,
            lambda v, c: v / _LN2,
        ),
        "ln_count": Convention(
            r"$\ln\mathcal N=Ns$",
            "logarithm of the number of solutions",
            "any finite number",
            _any,
            lambda v, c: v / c.n,
            lambda v, c: v * c.n,
        ),
        "log10_count": Convention(
            r"$\log_{10}\mathcal N$",
            "power of ten of the number of solutions",
            "any finite number",
            _any,
            lambda v, c: v * _LN10 / c.n,
            lambda v, c: v * c.n / _LN10,
        ),
    },
}


def convert(
    value: float,
    source: str,
    target: str,
    *,
    family: str,
    n: float = 1000.0,
    kappa: float = 0.0,
    inputs_per_weight: float = 1.0,
) -> float:
    """Convert ``value`` from one convention to another.

    Parameters
    ----------
    value : float
        The value in the convention ``source``.
    source, target : str
        Names of two conventions of the family; ``FAMILIES[family]`` lists them.
    family : {"overlap", "margin", "stability", "load", "entropy"}
        What kind of quantity it is.
    n : float
        Number of weights N, at least 1; used where a convention counts weights or patterns.
    kappa : float
        Margin; used between stability and gap.
    inputs_per_weight : float
        D/N > 0; used for the load per intrinsic dimension.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For an unknown family or convention, a value outside its range, or a result that does not exist.

    Examples
    --------
    >>> convert(0.5, "overlap", "distance", family="overlap")
    0.25
    >>> convert(0.3, "stability", "paper_b", family="stability", kappa=0.5)
    0.2
    >>> convert(2.0, "kappa", "smallest_norm", family="margin")
    0.5
    """
    require(isinstance(family, str) and family in FAMILIES, "family", family, f"one of {sorted(FAMILIES)}")
    conventions = FAMILIES[family]
    require(
        isinstance(source, str) and source in conventions, "source", source, f"one of {list(conventions)}"
    )
    require(
        isinstance(target, str) and target in conventions, "target", target, f"one of {list(conventions)}"
    )
    require(is_finite(n) and n >= 1, "n", n, "a finite number >= 1")
    require(is_finite(kappa), "kappa", kappa, "a finite number")
    require(
        is_finite(inputs_per_weight) and inputs_per_weight > 0,
        "inputs_per_weight",
        inputs_per_weight,
        "a finite number > 0",
    )
    context = Context(float(n), float(kappa), float(inputs_per_weight))
    allowed = conventions[source].allowed
    require(is_finite(value) and conventions[source].accepts(value, context), source, value, allowed)
    base = conventions[source].to_base(float(value), context)
    result = conventions[target].from_base(base, context)
    require(
        math.isfinite(result) and conventions[target].accepts(result, context),
        f"{target} of {source}",
        value,
        f"a value whose {target} is {conventions[target].allowed}",
    )
    return result
