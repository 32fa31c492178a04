"""The spectrum in the page: its matrices rebuilt and diagonalised by LAPACK, its curve against the library's law."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape.explore import hessian_spectrum
from learnscape.explore.jamming.hessian_spectrum import BINS, DRAWS, LOW, WIDTH, N
from learnscape.explore.random_state import seed_state, uniform
from learnscape.jamming import spectra
from learnscape.replica import rs

STATES = [(1.2, 0.04), (1.0, 0.0), (0.3, -0.15), (0.5, 0.35), (2.5, 0.3), (1.44, 0.04), (1.0, 0.2)]


def matrices(rows: int, zeta: float, draw: int):
    """The same random numbers, another way to the eigenvalues."""
    state = np.zeros(1)
    seed_state(state, 0, float(draw))
    for _ in range(DRAWS):
        a = np.array([uniform(state, 0) for _ in range(rows * N)]).reshape(rows, N)
        a = math.sqrt(12 / N) * (a - 0.5)
        yield np.linalg.eigvalsh(a.T @ a - zeta * np.eye(N))


@pytest.mark.parametrize(("c", "zeta"), STATES)
def test_eigenvalues_are_those_of_lapack(c: float, zeta: float) -> None:
    explorable = hessian_spectrum()
    answer = explorable.evaluate(contacts=c, zeta=zeta, draw=7)
    expected = np.array(list(matrices(round(c * N), zeta, 7)))
    np.testing.assert_allclose(answer["_values"].reshape(DRAWS, N), expected, atol=1e-11)
    assert answer["negative"][0] == pytest.approx(np.mean(expected < -1e-9), abs=1e-12)
    stiff = expected[:, max(0, N - round(c * N)) :].ravel()
    omega = np.sign(stiff) * np.sqrt(np.abs(stiff))
    counts, _ = np.histogram(omega, LOW + WIDTH * np.arange(BINS + 1))
    assert answer["hist_y"] == pytest.approx(counts / (N * DRAWS * WIDTH), abs=2.1 / (N * DRAWS * WIDTH))
    assert answer["hist_y"].sum() * WIDTH == pytest.approx(min(1.0, c))


@pytest.mark.parametrize(("c", "zeta"), STATES)
def test_curve_is_the_law_of_marchenko_and_pastur(c: float, zeta: float) -> None:
    answer = hessian_spectrum().evaluate(contacts=c, zeta=zeta)
    law = spectra.marchenko_pastur(round(c * N) / N, shift=-zeta)
    omega = answer["curve_x"]
    eigenvalue = np.sign(omega) * omega**2
    np.testing.assert_allclose(
        answer["curve_y"], 2 * np.abs(omega) * law.density(eigenvalue), rtol=1e-6, atol=1e-6
    )
    assert np.all(np.diff(omega) > 0)
    if (c, zeta) != (1.0, 0.2):  # where it diverges inside, the trapezoidal rule fails
        assert np.trapezoid(answer["curve_y"], omega) == pytest.approx(min(1.0, c), abs=0.01)
    assert answer["upper"][0] == pytest.approx(law.upper)
    assert answer["edge"][0] == pytest.approx(law.lower if c >= 1 else -zeta)
    if c < 1:
        assert answer["peak"][0] == pytest.approx(law.delta)


def test_samples_scatter_about_the_curve() -> None:
    explorable = hessian_spectrum()
    values = np.array(
        [explorable.evaluate(contacts=1.5, zeta=0.1, draw=float(k))["_values"] for k in range(12)]
    )
    law = spectra.marchenko_pastur(1.5, shift=-0.1)
    at = np.linspace(law.lower, law.upper, 30)
    share = np.searchsorted(np.sort(values.ravel()), at) / values.size
    assert np.abs(share - law.cdf(at)).max() < 0.01
    assert np.abs(np.diff(values[:, 0])).min() > 0  # the button draws new ones


def test_stability_line_and_the_answer_of_the_question() -> None:
    explorable = hessian_spectrum()
    assert explorable.evaluate(contacts=1.4375, zeta=0.04)["unstable"][0] == 1
    assert explorable.evaluate(contacts=1.45, zeta=0.04)["unstable"][0] == 0
    needed = explorable.evaluate(contacts=1.0, zeta=0.04)
    assert needed["needed"][0] == pytest.approx(1.44)
    assert needed["missing"][0] == pytest.approx(0.44)
    # A negative zeta stabilises everything, also what no contact holds.
    loose = explorable.evaluate(contacts=0.5, zeta=-0.1)
    assert (loose["unstable"][0], loose["hypostatic"][0]) == (0, 1)
    assert loose["negative"][0] == 0
    assert loose["peak_at"][0] == pytest.approx(math.sqrt(0.1))


def test_the_convex_track_starts_at_the_contacts_of_the_capacity() -> None:
    """At jamming, c = alpha_c H(-kappa); on the way the state is stable and the smallest curvature is that of the derivation."""
    from learnscape import Margin, Spherical
    from learnscape.numerics.gaussian import H

    constants = hessian_spectrum().constants
    zeta, c = constants["track_zeta"], constants["track_c"]
    jamming = rs.capacity(Spherical(), Margin(0.5)) * H(-0.5)
    assert (zeta[0], c[0]) == (pytest.approx(0.0), pytest.approx(jamming))
    assert np.all(c[zeta > 0] > (1 + np.sqrt(zeta[zeta > 0])) ** 2)
    load = c / jamming
    np.testing.assert_allclose(
        (np.sqrt(c) - 1) ** 2 - zeta, np.sqrt(load) * (1 - math.sqrt(jamming)) ** 2, atol=1e-12
    )
