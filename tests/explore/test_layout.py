"""Lengths are written once: offsets and slices cover the outputs without gap, and mistakes are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnscape.explore.actions import ACTIONS, ADVANCE, REDRAW, RESTART
from learnscape.explore.layout import layout
from learnscape.explore.registry import REGISTRY


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_slices_and_offsets_tile_the_outputs(lengths: list[int]) -> None:
    made = layout(**{("_" if k % 2 else "") + f"x{k}": length for k, length in enumerate(lengths)})
    at = 0
    for k, (length, (name, part)) in enumerate(zip(lengths, made.slices.items(), strict=True)):
        assert name.removeprefix("_") == f"x{k}"
        assert (part.start, part.stop) == (at, at + length)
        assert getattr(made.offsets, f"x{k}") == at
        at += length
    assert made.size == at


def test_bad_layouts_are_named() -> None:
    with pytest.raises(ValueError, match=r"lengths > 0"):
        layout(a=1, b=0)
    with pytest.raises(ValueError, match="distinct without a leading underscore"):
        layout(a=1, _a=2)


def test_actions_are_in_every_description() -> None:
    assert ACTIONS == {"redraw": REDRAW, "advance": ADVANCE, "restart": RESTART}
    assert len({REDRAW, ADVANCE, RESTART}) == 3
    for name in ("discs", "gardner_capacity"):
        assert REGISTRY[name]().spec()["actions"] == ACTIONS
