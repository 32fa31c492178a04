"""Exercises of the chapter on generalization: exact variances, ensembles against size, the best ridge, votes, the effective ridge of white kernels."""

from __future__ import annotations

import math

from learnscape.classroom.kinds import Choice, Exercise, Function, Mistake, Number, Option, Variant


def _needed(own_limit: bool = True, rounded: bool = True) -> float:
    """Networks at N = P whose mean is as good as one network with N = 10 P, ridge 0.01."""
    from learnscape.jamming.double_descent import predict

    small, large = predict(1.0, ridge=0.01), predict(10.0, ridge=0.01)
    exact = small.variance / (large.error - (small.limit if own_limit else large.limit))
    return float(math.ceil(exact)) if rounded else exact


def _error_ratio() -> float:
    from learnscape.jamming.double_descent import predict

    return predict(1.0, ridge=0.01).error / predict(10.0, ridge=0.01).error


def _best(ridge: bool = False) -> float:
    """Smallest error at N = P over the ridge (or the ridge itself)."""
    from scipy.optimize import minimize_scalar

    from learnscape.jamming.double_descent import predict

    found = minimize_scalar(
        lambda x: predict(1.0, ridge=10.0**x).error,
        bounds=(-5, 2),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(10.0**found.x if ridge else found.fun)


def _limit() -> float:
    from learnscape.jamming.double_descent import predict

    return predict(2.0, networks=math.inf).error


def _effective(r: float, ridge: float) -> float:
    """Effective ridge of K = 1: the positive root of nu^2 + nu (1 - 1/r - ridge) - ridge = 0."""
    b = 1 - 1 / r - ridge
    return (-b + math.sqrt(b * b + 4 * ridge)) / 2


EXERCISES: dict[str, Exercise] = {
    "excess": Number(
        ask="Variance at 60 features over variance at 100 features",
        right=lambda: (100 - 40 - 1) / (60 - 40 - 1),
        relative=2e-3,
        wrong=(
            Mistake(
                lambda: (100 - 40) / (60 - 40),
                "This is the law for many patterns, (N - P). At finite size the denominator is N - P - 1.",
            ),
            Mistake(
                lambda: 100 / 60,
                "This takes 1/N. What counts is the number of features in excess of the patterns.",
            ),
            Mistake(
                lambda: math.sqrt(59 / 19),
                "This is the ratio of the standard deviations. The variance was asked for.",
            ),
        ),
        hint="Patterns and kernel are the same in both cases: only the denominator of the theorem differs.",
        matters="Adding forty features to sixty makes three times less variance, not 40 per cent less: near the peak a little more helps a lot.",
    ),
    "ensemble": Number(
        ask="Number of networks with N = P needed to beat one with N = 10 P",
        whole=True,
        right=_needed,
        wrong=(
            Mistake(
                lambda: math.floor(_needed(rounded=False)),
                "This many are not quite enough: round up.",
            ),
            Mistake(
                lambda: _needed(own_limit=False),
                "This uses the mean network of the large size. Averaging small networks leads to the error of *their* mean network.",
            ),
            Mistake(
                lambda: 10.0,
                "Ten small networks have as many features in all as the large one, but not the same error.",
            ),
            Mistake(
                lambda: math.ceil(_error_ratio()),
                "This is the ratio of the two errors. Averaging divides only the variance; the error of the mean network stays.",
            ),
        ),
        hint="predict(1, ridge=0.01) and predict(10, ridge=0.01): the limit of the first plus a fraction of its variance must be below the error of the second.",
        matters="Here one large network is the better bargain: 38 small ones have nearly four times as many features.",
    ),
    "best-ridge": Number(
        ask="Smallest test error at N = P over all ridges",
        right=_best,
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: _best(ridge=True), "This is the best ridge itself. The error there was asked for."
            ),
            Mistake(
                _limit,
                "This is the error of the mean network without ridge, which one network at N = P does not reach.",
            ),
        ),
        hint="Minimise predict(1, ridge=10**x).error over x.",
        matters="With the best ridge nothing is left of the peak: the error at N = P lies below that of the best network without ridge and with fewer "
        "features than patterns, 0.678.",
    ),
    "quarter": Choice(
        ask="All hidden layers are made four times wider, far above the transition. What happens to the excess ε_N - ε_∞ of wrong answers?",
        options=(
            Option(
                "it becomes one half",
                "One half is what the fluctuations of the output do: they fall with the square root of the width. The error feels their square.",
            ),
            Option(
                "it becomes one quarter",
                "The number of parameters grows 16 times, the fluctuations fall by 16^(1/4) = 2, and the error depends on their square: first-order "
                "changes of right into wrong and of wrong into right cancel.",
                right=True,
            ),
            Option(
                "it becomes one sixteenth",
                "One sixteenth would be 1/N, the law of random features counted in features. In a deep network the number of parameters grows with the "
                "square of the width.",
            ),
            Option(
                "it does not change",
                "The mean network hardly changes; the excess is what a single network's fluctuations add to it, and they get smaller.",
            ),
        ),
    ),
    "white-kernel": Function(
        name="effective_ridge",
        parameters=("r", "ridge"),
        reference=_effective,
        inputs=((0.5, 0.0), (0.25, 0.0), (2.0, 0.0), (1.0, 0.1), (0.5, 0.3), (5.0, 2.0)),
        relative=1e-8,
        absolute=1e-10,
        wrong=(
            Variant(
                lambda r, ridge: 1 / r - 1 + ridge,
                "This adds the ridge to the answer without ridge. The equation is quadratic.",
            ),
            Variant(
                lambda r, ridge: _effective(1 / r, ridge),
                "Here r stands for P/N. In the exercise r = N/P.",
            ),
            Variant(
                lambda r, ridge: (-(1 - 1 / r - ridge) - math.sqrt((1 - 1 / r - ridge) ** 2 + 4 * ridge)) / 2,
                "This is the other root of the quadratic equation, which is not positive.",
            ),
        ),
        matters="Without a ridge this is 1/r - 1 below the peak and 0 above: too few features regularise, as a ridge does, until they suffice to fit.",
    ),
}
