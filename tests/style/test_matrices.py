"""Matrices of overlaps: one drawing for the whole book."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from learnscape import style
from learnscape.style.matrices import draw_overlaps


def test_each_group_has_its_colour_and_larger_overlaps_are_stronger() -> None:
    axes = Figure().subplots()
    draw_overlaps(axes, [[1, 0.5, 0.2], [0.5, np.nan, 0.2], [0.2, 0.2, 1]], first=2)
    faces = {(int(-p.get_y()), int(p.get_x())): p.get_facecolor() for p in axes.patches}
    assert len(faces) == 9
    assert faces[0, 0][:3] == faces[0, 1][:3] == to_rgb(style.color["typical"])
    assert faces[2, 2][:3] == to_rgb(style.color["simulation"])
    assert faces[0, 2][:3] == faces[2, 1][:3] == to_rgb(style.neutral["muted"])
    assert faces[0, 0][3] == faces[2, 2][3] > faces[0, 1][3] > faces[0, 2][3] > 0 == faces[1, 1][3]


def test_chapters_draw_no_matrix_of_their_own(root: Path) -> None:
    own = [
        path.stem
        for path in (root / "chapters").rglob("*.md")
        if "Rectangle((b, -a)" in path.read_text(encoding="utf-8")
    ]
    assert own == []
