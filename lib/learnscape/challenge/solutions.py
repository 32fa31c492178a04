"""Solutions as text: base64 of bits, read strictly, recounted in integers."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.challenge.counting import STATUS, count, size
from learnscape.challenge.series import Instance
from learnscape.errors import real_array, require

__all__ = [
    "COUNTED",
    "FAULTS",
    "MalformedSolution",
    "Verdict",
    "as_weights",
    "decode",
    "encode",
    "trimmed",
    "verify",
]

FAULTS = {
    "empty": "There is no solution to read: {needed} characters of base64 are needed.",
    "space": "Character {where} is white space: a solution is one line without gaps.",
    "letter": "Character {where} ({letter}) is not of base64: only A-Z, a-z, 0-9, + and / are, and = at the end.",
    "padding": "Character {where} is =, which may stand at the very end only.",
    "length": "A solution with {n} weights has {needed} characters; this one has {length}.",
    "ending": "A solution with {n} weights has {pads} of the signs = at its end; this one has another number of them.",
    "beyond": "Character {where} sets a bit beyond the {n} weights: the bits that are left over must be 0.",
}
"""What is said of a text that cannot be read, by the name of the kernel's status; the page says the same."""
COUNTED = {
    "solved": "All {p} patterns are satisfied, counted in integers: w.xi is from {smallest} to {largest}, and {demand} was demanded.",
    "unsolved": "Satisfied: {satisfied} of {p} patterns; violated: {violated}. The first violated one is number {first} (counted from 0), with w.xi = {field}, where {demand} is "
    "demanded. Over all patterns w.xi is from {smallest} to {largest}, the stability w.xi/sqrt(N) from {lowest} to {highest}.",
}
"""What is said of one that can."""


class MalformedSolution(ValueError):
    """The text is no solution of any instance of this size."""


@dataclass(frozen=True)
class Verdict:
    """What the recount found."""

    instance: Instance
    """Of which it is a solution, or not."""
    violated: int
    """Patterns that are violated."""
    first: int
    """Number of the first of them, from 0; -1 if there is none. So many leading patterns are satisfied."""
    smallest: int
    """The smallest w.xi."""
    largest: int
    """The largest w.xi."""
    text: str
    """The same in a sentence."""

    @property
    def solved(self) -> bool:
        """Whether every pattern is satisfied."""
        return self.violated == 0


def encode(weights: ArrayLike) -> str:
    """Weights +1 and -1 as text: bit i mod 8 of byte i div 8 is set where weight i is +1, the bytes in base64 (RFC 4648) with its padding.

    Examples
    --------
    >>> encode([1, -1, -1, 1, -1, -1, -1, -1, 1])
    'CQE='
    """
    return base64.b64encode(np.packbits(as_weights(weights) > 0, bitorder="little").tobytes()).decode()


def as_weights(weights: ArrayLike) -> NDArray[np.int8]:
    """The same as an array; ``ValueError`` unless all are +1 or -1."""
    w = real_array("weights", weights, ndim=1)
    wrong = np.flatnonzero(np.abs(w) != 1.0)
    if wrong.size:
        require(False, f"weights[{wrong[0]}]", float(w[wrong[0]]), "+1 or -1")
    return w.astype(np.int8)


def trimmed(text: str) -> str:
    """Without the white space, line ends and byte order mark around it; the page leaves out the same (``recount.js``)."""
    return text.strip("\t\n\v\f\r \u00a0\ufeff")


def verify(instance: Instance, text: str) -> Verdict:
    """Recount a solution.

    Parameters
    ----------
    instance : Instance
    text : str
        As :func:`encode` writes it; white space before and after is ignored.

    Raises
    ------
    MalformedSolution
        The text cannot be read; it says where and why.

    Examples
    --------
    >>> from learnscape.challenge import find
    >>> verify(find("asymmetric-21-1"), "////").text
    Traceback (most recent call last):
        ...
    learnscape.challenge.solutions.MalformedSolution: Character 3 sets a bit beyond the 21 weights: the bits that are left over must be 0.
    >>> verify(find("asymmetric-21-1"), "xyUI").solved
    True
    """
    require(isinstance(text, str), "the solution", text, "a text")
    text = trimmed(text)
    found = count(instance, text)
    status = next(name for name, code in STATUS.items() if code == found["status"])
    needed, pads = size(instance.n)
    if status in FAULTS:
        where = found["where"]
        letter = text[where - 1] if 1 <= where <= len(text) else ""
        said = FAULTS[status].format(
            needed=needed, pads=pads, where=where, letter=letter, length=len(text), n=instance.n
        )
        raise MalformedSolution(said)
    lowest, highest = (f"{found[end] / math.sqrt(instance.n):.3f}" for end in ("smallest", "largest"))
    said = COUNTED["unsolved" if found["violated"] else "solved"].format(
        p=instance.p,
        demand=instance.demand,
        satisfied=instance.p - found["violated"],
        lowest=lowest,
        highest=highest,
        **found,
    )
    return Verdict(instance, found["violated"], found["first"], found["smallest"], found["largest"], said)


def decode(instance: Instance, text: str) -> NDArray[np.int8]:
    """The weights +1 and -1 of a solution that :func:`verify` can read."""
    verify(instance, text)
    given = np.frombuffer(base64.b64decode(trimmed(text)), np.uint8)
    bits = np.unpackbits(given, count=instance.n, bitorder="little")
    return (2 * bits.astype(np.int8) - 1).astype(np.int8)
