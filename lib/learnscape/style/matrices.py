"""Matrices of overlaps, drawn alike in the whole book: the stronger the colour, the larger the overlap.

Purple is the first group of replicas, orange a second one, grey what is between them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from learnscape.style import color, neutral

__all__ = ["draw_overlaps"]

FAINT, STRONG = 0.08, 0.85
"""Opacity of the overlaps 0 and 1."""


def draw_overlaps(axes: Any, overlaps: ArrayLike, first: int | None = None) -> None:
    """Draw a matrix of overlaps as tiles of side 1, from the origin to the right and down, and hide the axes.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    overlaps : array, shape (n, n)
        Between 0 and 1; the tile of a NaN stays empty.
    first : int, optional
        Number of replicas in the first group; the others are the second. Default: all.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from learnscape.style.matrices import draw_overlaps
    >>> axes = Figure().subplots()
    >>> draw_overlaps(axes, [[1, 0.5, 0.2], [0.5, 1, 0.2], [0.2, 0.2, 1]], first=2)
    >>> len(axes.patches)
    9
    """
    from matplotlib.patches import Rectangle

    values = np.asarray(overlaps, float)
    n = len(values)
    second = np.arange(n) >= (n if first is None else first)
    for (a, b), value in np.ndenumerate(values):
        shade = (
            neutral["muted"] if second[a] != second[b] else color["simulation" if second[a] else "typical"]
        )
        opacity = 0.0 if np.isnan(value) else FAINT + (STRONG - FAINT) * value
        axes.add_patch(Rectangle((b, -a), 1, -1, lw=0.8, ec="white", fc=(shade, opacity)))
    axes.set(xlim=(-0.1, n + 0.1), ylim=(-n - 0.1, 0.1), aspect="equal")
    axes.set_axis_off()
