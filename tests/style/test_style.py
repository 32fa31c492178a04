"""The colours: generated files in step, contrast on both pages, and distance for readers who do not see red or green."""

from __future__ import annotations

import importlib.util
import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from learnscape import style

ROOT = Path(__file__).resolve().parents[2]
ROLES = ("theory", "simulation", "dense", "typical", "unsat", "sat")
# The dark page of the book's theme and the card on which it puts outputs; JupyterLab's dark cells are darker than the card.
PAGES = {"light": ["#ffffff"], "dark": ["#14181e", "#222832", "#111111"]}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
# Machado, Oliveira and Fernandes, IEEE Trans. Vis. Comput. Graph. 15 (2009) 1291, severity 1, for linear RGB.
VISION = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def _linear(color: str) -> np.ndarray:
    rgb = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _contrast(one: str, two: str) -> float:
    low, high = sorted(float(TO_XYZ[1] @ _linear(c)) for c in (one, two))
    return (high + 0.05) / (low + 0.05)


def _lab(linear: np.ndarray) -> np.ndarray:
    x = TO_XYZ @ np.clip(linear, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_contrast_formula_on_known_pairs() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert _contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("shade", ["light", "dark"])
def test_roles_can_be_read_as_text(shade: str) -> None:
    assert tuple(style.tokens["roles"]) == ROLES
    names = [*ROLES, "text", "muted"]
    shades = {**style.tokens["roles"], **style.tokens["neutrals"]}
    for name, page in itertools.product(names, PAGES[shade]):
        assert _contrast(shades[name][shade], page) >= 4.5, (name, page)
    for name in ("text", "muted"):
        assert _contrast(shades[name][shade], shades["panel"][shade]) >= 4.5, name
    for page in PAGES[shade]:
        assert _contrast(shades["axis"][shade], page) >= 3.0, page


@pytest.mark.parametrize("shade", ["light", "dark"])
@pytest.mark.parametrize("vision", VISION)
def test_roles_stay_apart(shade: str, vision: str) -> None:
    seen = {name: _lab(VISION[vision] @ _linear(style.tokens["roles"][name][shade])) for name in ROLES}
    apart = {
        pair: float(np.linalg.norm(seen[pair[0]] - seen[pair[1]]))
        for pair in itertools.combinations(ROLES, 2)
    }
    closest = min(apart, key=lambda pair: apart[pair])
    assert apart[closest] > 20, (closest, apart[closest])  # CIE 1976; about 2 can just be told apart


def test_measure_of_distance_sees_a_bad_pair() -> None:
    # Red and green of equal lightness, the classical mistake: far apart for most of us, close for a deutan.
    red, green = _linear("#b04a2f"), _linear("#6f7a1c")
    assert np.linalg.norm(_lab(red) - _lab(green)) > 40
    assert np.linalg.norm(_lab(VISION["deutan"] @ red) - _lab(VISION["deutan"] @ green)) < 20


def test_generated_files_are_in_step() -> None:
    found = importlib.util.spec_from_file_location("make_style", ROOT / "tools" / "make_style.py")
    make_style = importlib.util.module_from_spec(found)
    found.loader.exec_module(make_style)
    for name, content in make_style.generated().items():
        assert (style.HERE / name).read_text(encoding="utf-8") == content, (
            f"run python tools/make_style.py ({name})"
        )


def test_use_sets_the_cycle_and_keeps_a_light_figure() -> None:
    code = (
        "import matplotlib as m; from learnscape import style; style.use(); r = m.rcParams;"
        "print(r['axes.prop_cycle'].by_key()['color'][0], m.colors.to_hex(r['savefig.facecolor']))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert out == [style.color["theory"], "#ffffff"]
