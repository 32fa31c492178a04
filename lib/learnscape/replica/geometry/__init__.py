"""The shape of the space of solutions: paths between two of them, its star, and gaps in the overlaps of several."""

from learnscape.replica.geometry._gaps import Gap, overlap_gap, tuple_entropy
from learnscape.replica.geometry._paths import (
    connected_margin,
    cross_overlap,
    geodesic_error,
    kernel_margin,
    star_limit,
)

__all__ = [
    "Gap",
    "connected_margin",
    "cross_overlap",
    "geodesic_error",
    "kernel_margin",
    "overlap_gap",
    "star_limit",
    "tuple_entropy",
]
