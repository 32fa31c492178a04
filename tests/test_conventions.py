"""The converter against formulas written down independently, round trips over the whole range, and the explorables against it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnscape.conventions import FAMILIES, convert
from learnscape.explore import margin_converter, overlap_converter
from learnscape.explore.start.overlap_converter import GIVEN

PAIRS = [(f, a, b) for f, names in FAMILIES.items() for a in names for b in names]
RANGES = {
    "overlap": (-1.0, 1.0),
    "distance": (0.0, 1.0),
    "flips": (0.0, 37.0),
    "squared_distance": (0.0, 4.0),
    "angle": (0.0, math.pi),
    "disagreement": (0.0, 1.0),
}


def test_two_explicit_weight_vectors() -> None:
    # 40 binary weights of which 6 differ: every convention measured on the vectors themselves.
    w = np.ones(40)
    v = np.where(np.arange(40) < 6, -1.0, 1.0)
    measured = {
        "overlap": w @ v / 40,
        "distance": np.mean(w != v),
        "flips": np.sum(w != v),
        "squared_distance": np.sum((w - v) ** 2) / 40,
        "angle": np.arccos(w @ v / (np.linalg.norm(w) * np.linalg.norm(v))),
    }
    for source, value in measured.items():
        for target, expected in measured.items():
            assert convert(value, source, target, family="overlap", n=40) == pytest.approx(
                expected, abs=1e-14
            )


def test_disagreement_is_a_frequency() -> None:
    rng = np.random.default_rng(3)
    q, n, samples = 0.9, 50, 200_000
    w, other = rng.standard_normal((2, n))
    w *= math.sqrt(n) / np.linalg.norm(w)
    other -= w * (w @ other) / n
    v = q * w + math.sqrt(1 - q * q) * other * math.sqrt(n) / np.linalg.norm(other)
    x = rng.standard_normal((samples, n))
    frequency = np.mean((x @ w) * (x @ v) < 0)
    expected = convert(q, "overlap", "disagreement", family="overlap")
    assert abs(frequency - expected) < 4 * math.sqrt(expected / samples)


def test_one_pattern_and_one_weight_vector_in_every_margin_convention() -> None:
    rng = np.random.default_rng(4)
    n = 30
    w, xi = rng.standard_normal(n), rng.standard_normal(n)
    w *= math.sqrt(n) / np.linalg.norm(w)
    xi *= math.sqrt(n) / np.linalg.norm(xi)
    if w @ xi < 0:
        xi = -xi
    kappa = float(w @ xi / math.sqrt(n))  # the margin that this pattern just reaches
    assert convert(kappa, "kappa", "unnormalised", family="margin", n=n) == pytest.approx(w @ xi)
    distance = (xi / math.sqrt(n)) @ w / np.linalg.norm(w)  # of a pattern of length one from the hyperplane
    assert convert(kappa, "kappa", "unit_patterns", family="margin", n=n) == pytest.approx(distance)
    shortest = np.linalg.norm(w / (w @ xi))  # scaled so that v.xi = 1
    assert convert(kappa, "kappa", "smallest_norm", family="margin", n=n) == pytest.approx(shortest)


def test_load_and_entropy_by_hand() -> None:
    assert convert(0.5, "alpha", "weights_per_pattern", family="load") == 2.0
    assert convert(3.0, "alpha_teacher", "alpha", family="load", inputs_per_weight=0.25) == 0.75
    assert convert(120.0, "patterns", "alpha", family="load", n=60) == 2.0
    assert convert(1.0, "bits", "nats", family="entropy") == math.log(2)
    assert 10 ** convert(math.log(2), "nats", "log10_count", family="entropy", n=20) == pytest.approx(2**20)


def test_signs_of_a_violated_pattern() -> None:
    assert convert(0.3, "stability", "gap", family="stability", kappa=0.5) == pytest.approx(-0.2)
    assert convert(0.3, "stability", "paper_b", family="stability", kappa=0.5) == pytest.approx(0.2)


@pytest.mark.parametrize(("family", "source", "target"), PAIRS)
@given(data=st.data())
def test_there_and_back(family: str, source: str, target: str, data: st.DataObject) -> None:
    low, high = RANGES.get(source, (0.01, 50.0))
    value = data.draw(st.floats(low, high))
    options = {"family": family, "n": 37.0, "kappa": 0.3, "inputs_per_weight": 0.7}
    there = convert(value, source, target, **options)
    back = convert(there, target, source, **options)
    # The arc cosine has infinite slope at q = 1: half of the digits are lost there, and only there.
    tolerance = 1e-7 if family == "overlap" else 1e-12
    assert back == pytest.approx(value, rel=tolerance, abs=tolerance * max(1.0, high))


@pytest.mark.parametrize(
    ("value", "source", "family"),
    [
        (1.5, "overlap", "overlap"),
        (-0.1, "distance", "overlap"),
        (1001.0, "flips", "overlap"),
        (0.0, "alpha", "load"),
        (-1.0, "smallest_norm", "margin"),
        (math.nan, "kappa", "margin"),
        (math.inf, "nats", "entropy"),
    ],
)
def test_values_out_of_range_are_refused_by_name(value: float, source: str, family: str) -> None:
    with pytest.raises(ValueError, match=source):
        convert(value, source, next(iter(FAMILIES[family])), family=family)


def test_what_has_no_counterpart_is_refused() -> None:
    with pytest.raises(ValueError, match="smallest_norm"):
        convert(-0.5, "kappa", "smallest_norm", family="margin")
    with pytest.raises(ValueError, match="family"):
        convert(1.0, "kappa", "sigma", family="margins")
    with pytest.raises(ValueError, match="one of"):
        convert(1.0, "kappa", "sigmo", family="margin")
    with pytest.raises(ValueError, match="n = 0"):
        convert(1.0, "kappa", "sigma", family="margin", n=0)


@pytest.mark.kernels
@given(code=st.sampled_from(list(range(6))), fraction=st.floats(0.0, 1.0))
def test_the_overlap_explorable_agrees(code: int, fraction: float) -> None:
    names = list(FAMILIES["overlap"])  # in the order of the explorable's list
    low, high = RANGES[names[code]]
    value = low + (high - low) * fraction
    answer = overlap_converter().evaluate(given=code, value=value, n=37)
    assert answer["status"][0] == 0
    for name in names:
        expected = convert(value, names[code], name, family="overlap", n=37)
        slack = (
            3e-8 if name in ("angle", "disagreement") else 1e-12
        )  # there acos itself loses digits near q = 1
        assert answer[name][0] == pytest.approx(expected, abs=slack * max(1.0, RANGES[name][1])), name


@pytest.mark.kernels
@pytest.mark.parametrize("distance", [0.0, 1e-14, 1e-6, 0.3, 0.999999, 1.0])
def test_small_angles_keep_their_digits(distance: float) -> None:
    import mpmath

    answer = overlap_converter().evaluate(given=1, value=distance)
    with mpmath.workdps(40):
        exact = float(mpmath.acos(1 - 2 * mpmath.mpf(distance)))
    assert answer["angle"][0] == pytest.approx(exact, rel=2e-15, abs=1e-300)


@pytest.mark.kernels
def test_the_overlap_explorable_says_what_is_not_allowed() -> None:
    explorable = overlap_converter()
    assert len(GIVEN) == len(FAMILIES["overlap"])
    for code, value in [(0, 1.01), (1, 1.01), (1, -0.5), (2, 1000.5), (3, 4.1), (4, 3.2), (5, 1.1)]:
        status = explorable.evaluate(given=code, value=value)["status"][0]
        assert int(status) in explorable.messages
        assert list(GIVEN)[code] in explorable.messages[int(status)]


@pytest.mark.kernels
@given(kappa=st.floats(-2, 2), stability=st.floats(-2, 2), n=st.integers(1, 10**6))
def test_the_margin_explorable_agrees(kappa: float, stability: float, n: int) -> None:
    answer = margin_converter().evaluate(kappa=kappa, stability=stability, n=n)
    for name in ("unnormalised", "unit_patterns"):
        assert answer[name][0] == pytest.approx(
            convert(kappa, "kappa", name, family="margin", n=n), rel=1e-14
        )
    for name in ("gap", "paper_b"):
        assert answer[name][0] == convert(stability, "stability", name, family="stability", kappa=kappa)
    assert answer["satisfied"][0] == (stability >= kappa) != answer["unsatisfied"][0]


@pytest.mark.parametrize("bad", [1j, "0.5", None, True, [0.5], 10**400, math.nan])
def test_what_is_no_number_is_named(bad: object) -> None:
    with pytest.raises(ValueError, match=r"overlap = .* is not allowed"):
        convert(bad, "overlap", "distance", family="overlap")  # type: ignore[arg-type]
    for name in ("n", "kappa", "inputs_per_weight"):
        with pytest.raises(ValueError, match=f"^{name} = "):
            convert(0.5, "kappa", "sigma", family="margin", **{name: bad})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="family"):
        convert(0.5, "kappa", "sigma", family=[bad])  # type: ignore[arg-type]
