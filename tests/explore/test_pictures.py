"""The pictures without JavaScript, and the sentences for those who do not see them."""

from __future__ import annotations

import itertools
import re

import matplotlib.style
import pytest
from matplotlib import rc_context

from learnscape import style
from learnscape.explore import REGISTRY, discs, picture

NAMES = sorted(REGISTRY)


@pytest.mark.parametrize("name", NAMES)
def test_no_label_is_printed_over_another(name: str) -> None:
    with rc_context(), matplotlib.style.context(style.HERE / "learnscape.mplstyle"):
        whole = picture.figure(REGISTRY[name]())
        whole.draw_without_rendering()
        for axes in whole.axes:
            boxes = [
                (t.get_text(), t.get_window_extent().shrunk(0.98, 0.9)) for t in axes.texts if t.get_text()
            ]
            overlapping = [(a, b) for (a, p), (b, q) in itertools.combinations(boxes, 2) if p.overlaps(q)]
            assert overlapping == []


def test_three_pictures_leave_no_empty_quarter() -> None:
    with rc_context(), matplotlib.style.context(style.HERE / "learnscape.mplstyle"):
        whole = picture.figure(discs())
        whole.draw_without_rendering()
        covered = sum(axes.get_tightbbox().width * axes.get_tightbbox().height for axes in whole.axes)
        assert covered > 0.85 * whole.bbox.width * whole.bbox.height


@pytest.mark.parametrize("name", NAMES)
def test_no_announcement_says_one_patterns(name: str) -> None:
    """A whole number may be 1: no noun in the plural follows it."""
    explorable = REGISTRY[name]()
    small = {key for key, part in explorable.slices.items() if not key.startswith("_")}
    small |= {control.name for control in explorable.controls if control.min <= 1 <= control.max}
    found = re.findall(r"\{(\w+):\.0f\}\s+([a-z]+s)\b", explorable.announce)
    assert [pair for pair in found if pair[0] in small and pair[1] not in ("is", "has")] == []
