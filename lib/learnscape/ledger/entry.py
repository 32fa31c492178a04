"""One published number, and what this library gets for it.

A number in a paper comes with digits, conventions and a degree of certainty, and all three get lost when it is retold. An entry keeps
them: the value is the string that was printed, its precision is half a unit of its last digit, and `known` says whether we have read
it in a source or found it quoted. A number that we only remember is no published one: it stands in a field of its own, `recalled`, and is
never counted as agreement. Ours is never stored: it is a function that computes it anew each time the ledger is shown or tested.

Where ours and the published value are not compatible, the entry *disagrees*, and is counted so. A `Reason` can be given with it, and a
reason is more than words: it names a number that must lie in a stated interval if the mechanism is right, and measures it.
Chapter: every "What the papers found", and the reference page *ledger*.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from learnscape.errors import require
from learnscape.ledger.results import RESULTS, Rigour

__all__ = ["Comparison", "Entry", "Known", "Reason", "Relation", "Rigour", "Standing", "last_digit"]

Known = Literal[
    "read in a source",
    "quoted by another source",
    "recalled, not read",
    "no published value read",
]
Relation = Literal["equal", "upper bound", "rounded up", "interval"]
Standing = Literal["agrees", "disagrees", "recalled", "own value", "withdrawn"]


def last_digit(published: str) -> float:
    """One unit of the last digit printed.

    Examples
    --------
    >>> last_digit("0.833"), last_digit("1.8159"), last_digit("2")
    (0.001, 0.0001, 1.0)
    """
    match = re.fullmatch(r"-?\d+(?:\.(\d+))?", published)
    require(
        match is not None, "published", published, "a decimal number, or a formula together with `formula`"
    )
    digits = match.group(1) if match else None
    return float(f"1e-{len(digits)}") if digits else 1.0


def ends(interval: str, name: str) -> tuple[float, float]:
    """The two ends of "[a, b]"."""
    match = re.fullmatch(r"\[(-?[\d.]+), (-?[\d.]+)\]", interval)
    require(match is not None, name, interval, "of the form '[a, b]'")
    assert match is not None
    return float(match.group(1)), float(match.group(2))


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why two values differ, with a measurement that would contradict it if it were wrong.

    Examples
    --------
    >>> Reason(mechanism="ours is rounded", shows="ours, rounded", measure=lambda: 3.0, between=(2.9, 3.1)).holds()
    True
    """

    mechanism: str
    """What makes them differ, in one or two sentences."""
    shows: str
    """What is measured to show it."""
    measure: Callable[[], float]
    """The measurement, made anew each time the entry is shown."""
    between: tuple[float, float]
    """Where the measured number must lie if the mechanism is right."""

    def __post_init__(self) -> None:
        require(bool(self.mechanism), "mechanism", self.mechanism, "a sentence")
        require(bool(self.shows), "shows", self.shows, "what is measured")
        require(self.between[0] < self.between[1], "between", self.between, "(low, high) with low < high")

    def holds(self) -> bool:
        """Whether the measured number lies where the mechanism says."""
        return self.between[0] <= float(self.measure()) <= self.between[1]


@dataclass(frozen=True)
class Comparison:
    """The published or recalled value beside ours."""

    ours: float | None
    """What the library computes; None if our value was withdrawn."""
    value: float | None
    """The published or recalled value as a number (the nearer end of an interval); None if there is none."""
    difference: float | None
    """Ours minus that value; None if one of the two is missing."""
    allowed: float | None
    """Largest difference that the published digits and our own error allow; None where nothing is compared, and for a bound."""
    standing: Standing
    """What the entry counts as. "agrees" and "disagrees" are said of published values that were read or found quoted, and of no others."""

    @property
    def agrees(self) -> bool | None:
        """True or False for a published value; None where nothing counts: recalled, our own, withdrawn."""
        return {"agrees": True, "disagrees": False}.get(self.standing)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A published number with its provenance, and the function that recomputes it.

    Examples
    --------
    >>> entry = Entry(id="pi", quantity="Circle", symbol="π", published="3.142", paper="", where="a table", conventions="",
    ...               known="read in a source", compute=lambda: math.pi, method="constant", rigour="proved", chapter="none")
    >>> entry.compare().agrees, entry.precision
    (True, 0.0005)
    """

    id: str
    """Name by which chapters show the entry."""
    quantity: str
    """What the number is, in words."""
    symbol: str
    """Its symbol, in plain text."""
    published: str = ""
    """The value as printed, with its digits; "[a, b]" for an interval; empty if we have not read it."""
    recalled: str = ""
    """The value as we remember it, where we have not seen it in print; never compared."""
    paper: str
    """BibTeX key of the paper the value belongs to; empty if there is none."""
    where: str
    """Equation, figure, section or "abstract"; "not known" if we do not know."""
    conventions: str
    """What alpha, kappa and the patterns mean there, if it matters."""
    known: Known
    """How we know the value."""
    compute: Callable[[], float] | None
    """Our value, computed by the library; None if it was withdrawn."""
    method: str
    """How ours is computed; why there is none if it was withdrawn."""
    chapter: str
    """Chapter that derives it."""
    result: str = ""
    """Name in `learnscape.ledger.results` of the theorem or prediction the value rests on; it decides `rigour`."""
    rigour: Rigour | Literal[""] = ""
    """What kind of statement the quantity rests on; to be given only where there is no `result`."""
    relation: Relation = "equal"
    """"equal", "upper bound" (ours must not exceed it), "rounded up" (ours lies less than one last digit below it) or "interval"."""
    formula: Callable[[], float] | None = None
    """The value as a number where it is printed as a formula, evaluated independently of `compute`."""
    exact: bool = False
    """True if the printed digits are the exact value."""
    tolerance: float = 1e-9
    """Numerical error of ours."""
    seen_in: str = ""
    """BibTeX key of the source in which we saw the value, if it is not `paper`."""
    certified: str = ""
    """Interval "[a, b]" that provably contains the value of our formula, by ball arithmetic (`tests/certified`); of the formula, not of what it stands for."""
    note: str = ""
    """What one should know to read the two numbers."""
    reason: Reason | None = None
    """Why ours differs, where we can show it; a disagreement without one is shown as unexplained."""

    def __post_init__(self) -> None:
        if self.result:
            require(self.result in RESULTS, "result", self.result, f"one of {', '.join(RESULTS)}")
            label = RESULTS[self.result].rigour
            require(self.rigour in ("", label), "rigour", self.rigour, f"left to the result, {label!r}")
            object.__setattr__(self, "rigour", label)
        require(self.known in get_args(Known), "known", self.known, f"one of {get_args(Known)}")
        require(self.rigour in get_args(Rigour), "rigour", self.rigour, f"one of {get_args(Rigour)}")
        require(
            self.relation in get_args(Relation), "relation", self.relation, f"one of {get_args(Relation)}"
        )
        seen = self.known in ("read in a source", "quoted by another source")
        require(
            seen == bool(self.published),
            "published",
            self.published,
            "given exactly if it was read or quoted",
        )
        memory = self.known == "recalled, not read"
        require(
            memory == bool(self.recalled), "recalled", self.recalled, "given exactly if it is only recalled"
        )
        require(0 < self.tolerance < math.inf, "tolerance", self.tolerance, "> 0 and finite")
        if self.certified:
            ends(self.certified, "certified")
        if self.relation == "interval":
            self.interval()
        elif self.stated and self.formula is None:
            last_digit(self.stated)

    @property
    def stated(self) -> str:
        """The published value, or else the recalled one, as text."""
        return self.published or self.recalled

    @property
    def precision(self) -> float | None:
        """Half a unit of the last digit stated; 0 for exact values and formulas; None if there is no value but ours."""
        if not self.stated:
            return None
        if self.exact or self.formula is not None or self.relation == "interval":
            return 0.0
        return last_digit(self.stated) / 2

    def interval(self) -> tuple[float, float]:
        """The two ends of a published interval."""
        return ends(self.stated, "published")

    def compare(self) -> Comparison:
        """Compute our value and hold it against the published one."""
        if self.compute is None:
            return Comparison(None, None, None, None, "withdrawn")
        ours = float(self.compute())
        require(math.isfinite(ours), f"our value of {self.id}", ours, "finite")
        if not self.stated:
            return Comparison(ours, None, None, None, "own value")
        value, allowed, compatible = self._against(ours)
        if not self.published:
            return Comparison(ours, value, ours - value, None, "recalled")
        return Comparison(ours, value, ours - value, allowed, "agrees" if compatible else "disagrees")

    def _against(self, ours: float) -> tuple[float, float | None, bool]:
        """The stated value as a number, the largest difference allowed, and whether ours is compatible with it."""
        if self.relation == "interval":
            low, high = self.interval()
            value = low if abs(ours - low) < abs(ours - high) else high
            return (
                value,
                (high - low) + self.tolerance,
                low - self.tolerance <= ours <= high + self.tolerance,
            )
        value = float(self.formula()) if self.formula is not None else float(self.stated)
        difference = ours - value
        if self.relation == "upper bound":
            return value, None, difference <= self.tolerance
        if self.relation == "rounded up":
            unit = last_digit(self.stated)
            return value, unit, -unit - self.tolerance < difference <= self.tolerance
        allowed = (self.precision or 0.0) + self.tolerance
        return value, allowed, abs(difference) <= allowed
