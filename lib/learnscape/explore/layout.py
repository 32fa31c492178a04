"""Where each output of a kernel lies: lengths written once, offsets for the kernel and slices for everyone else.

``LAYOUT = layout(alpha_c=1, curve_kappa=POINTS)`` and ``OUT = LAYOUT.offsets`` stand above the kernel, which writes
``outputs[OUT.curve_kappa + i]``. ``OUT`` is a named tuple of integers: for Numba a constant, also on the way to WebAssembly.
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from learnscape.errors import require

__all__ = ["Layout", "layout"]


@dataclass(frozen=True)
class Layout:
    """The outputs of a kernel, in order; made by :func:`layout`."""

    slices: dict[str, slice]
    """Name -> where it lies."""
    offsets: Any
    """Named tuple of where each output begins, ``offsets.energy``; an output called ``_energy`` is called ``energy`` here."""
    size: int
    """How many numbers there are in all."""


def layout(**lengths: int) -> Layout:
    """Put outputs one after the other.

    Parameters
    ----------
    **lengths : int
        Name -> how many numbers, at least one. Names starting with ``_`` (state, scratch) are not shown.

    Examples
    --------
    >>> made = layout(share=1, left=5, _random=1)
    >>> made.offsets
    Offsets(share=0, left=1, random=6)
    >>> made.slices["left"], made.size
    (slice(1, 6, None), 7)
    """
    require(all(length > 0 for length in lengths.values()), "lengths", lengths, "lengths > 0")
    plain = [name.removeprefix("_") for name in lengths]
    require(len(set(plain)) == len(plain), "names", list(lengths), "distinct without a leading underscore")
    ends = list(accumulate(lengths.values()))
    starts = [0, *ends[:-1]]
    return Layout(
        slices={name: slice(a, b) for name, a, b in zip(lengths, starts, ends, strict=True)},
        offsets=namedtuple("Offsets", plain)(*starts),  # type: ignore[arg-type]
        size=ends[-1] if ends else 0,
    )
