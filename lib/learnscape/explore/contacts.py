"""Who holds whom in a packing that moves: what the explorables of discs and of ellipses count in the same way."""

from __future__ import annotations

from learnscape.explore.core import FloatArray
from learnscape.jamming.rattlers import rattlers_kernel
from learnscape.numerics.jit import kernel

__all__ = ["count_contacts"]


@kernel
def count_contacts(
    first: FloatArray, second: FloatArray, force: FloatArray, rattler: FloatArray, degree: FloatArray
) -> tuple[float, float, float]:
    """Take out particles of a plane with fewer than three contacts, again and again; rattlers, contacts left, and contacts a particle left.

    A pair touches if its force is > 0; ``rattler`` marks who is out, on entry too; ``degree`` is scratch.
    """
    contacts = rattlers_kernel(first, second, force, 3, rattler, degree)
    rattlers = 0.0
    for i in range(rattler.size):
        rattlers += rattler[i]
    stable = rattler.size - rattlers
    return rattlers, contacts, 2.0 * contacts / stable if stable > 0.0 else 0.0
