"""What an explorable consists of, as plain data: controls, panels with marks, readouts, notes, a question, a simulation.

Everything here is declarative, so that one description is drawn three times: in the page and in JupyterLab by the ES module
(``page/js/``), and by Matplotlib for readers without JavaScript (``picture.py``). A *channel* of a mark is the name of an output or of
a constant, or numbers. Labels may use ``*κ*`` for italics and ``α_c`` or ``N^{1/2}`` for sub- and superscripts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from learnscape.errors import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Area", "Axis", "Bar", "Channel", "Control", "Dot", "Line", "Mark", "Note", "Panel", "Question", "Readout", "Rule",
    "Simulation", "Text", "View",
]  # fmt: skip

Channel = str | float | Sequence[str | float]
"""An output, a constant or a control by its name, or numbers; in a sequence a name stands for its first number."""
Role = Literal["theory", "simulation", "dense", "typical", "unsat", "sat", "text", "muted", "axis"]


@dataclass(frozen=True)
class Control:
    """One number the reader sets.

    ``kind`` is ``"range"`` (a slider), ``"number"`` (a box), ``"select"`` (``options``: label -> value), ``"button"`` (counts its
    presses, modulo ``max + 1``; a seed, for instance) or ``"hidden"`` (set by a view, when something is dragged).

    ``marks`` (label -> value, or the name of a scalar output for a mark that moves) stand below a slider and can be clicked.
    ``restarts=False`` lets a running simulation go on when this control moves.
    """

    name: str
    label: str
    min: float = 0.0
    max: float = 1.0
    value: float = 0.0
    step: float = 0.01
    kind: Literal["range", "number", "select", "button", "hidden"] = "range"
    scale: Literal["linear", "log"] = "linear"
    unit: str = ""
    digits: int = 2
    marks: Mapping[str, float | str] = field(default_factory=dict)
    options: Mapping[str, float] = field(default_factory=dict)
    restarts: bool = True

    def __post_init__(self) -> None:
        require(self.name.isidentifier(), "name", self.name, "an identifier")
        if self.kind == "select":
            require(len(self.options) > 0, "options", self.options, "a non-empty mapping label -> value")
            object.__setattr__(self, "min", float(min(self.options.values())))
            object.__setattr__(self, "max", float(max(self.options.values())))
        ordered = all(map(math.isfinite, (self.min, self.max))) and self.min < self.max
        require(
            ordered or self.min == self.max,
            f"{self.name}: (min, max)",
            (self.min, self.max),
            "finite, min <= max",
        )
        require(
            self.scale == "linear" or self.min > 0,
            f"{self.name}: min",
            self.min,
            "> 0 on a logarithmic scale",
        )
        require(self.step > 0, f"{self.name}: step", self.step, "> 0")
        self.check(self.value)

    def check(self, value: float) -> float:
        """The value as a float, or ``ValueError`` naming the allowed range."""
        slack = 1e-9 * max(1.0, abs(self.min), abs(self.max))
        ok = math.isfinite(value) and self.min - slack <= value <= self.max + slack
        require(ok, self.name, value, f"a finite number in [{self.min:g}, {self.max:g}]")
        if self.kind == "select":
            allowed = sorted(self.options.values())
            require(
                any(math.isclose(value, option) for option in allowed), self.name, value, f"one of {allowed}"
            )
        return float(value)


@dataclass(frozen=True)
class Axis:
    """A fixed axis, so that the curve moves and not the axis. ``ticks`` are placed automatically unless given.

    ``tops`` are further upper ends of a *y* axis, rising: it ends at the first one, its own among them, that holds all curves.
    """

    label: str
    domain: tuple[float, float]
    scale: Literal["linear", "log"] = "linear"
    ticks: Sequence[float] | None = None
    tops: Sequence[float] = ()

    def __post_init__(self) -> None:
        low, high = self.domain
        require(
            math.isfinite(low) and math.isfinite(high) and low < high,
            "domain",
            self.domain,
            "finite, low < high",
        )
        require(self.scale == "linear" or low > 0, "domain", self.domain, "positive on a logarithmic scale")


@dataclass(frozen=True)
class _Mark:
    role: Role = "theory"
    label: str = ""
    """Direct label; a curve carries it near the end, a rule and a dot beside them."""
    after_prediction: bool = field(default=False, kw_only=True)
    """Drawn only after the reader has answered the question."""


@dataclass(frozen=True, kw_only=True)
class Line(_Mark):
    """A curve; it breaks where a value is not finite. ``label_at`` in [0, 1] places the direct label along it.

    ``smooth`` joins the points by monotone cubic pieces instead of straight ones; *x* must rise or fall.
    """

    x: Channel
    y: Channel
    dash: bool = False
    smooth: bool = False
    width: float = 2.25
    label_at: float = 0.9


@dataclass(frozen=True, kw_only=True)
class Area(_Mark):
    """The region between two curves."""

    x: Channel
    y: Channel
    base: Channel = 0.0
    opacity: float = 0.18


@dataclass(frozen=True, kw_only=True)
class Dot(_Mark):
    """Points; ``error`` draws a vertical bar of plus and minus that length."""

    x: Channel
    y: Channel
    radius: float = 5.0
    error: Channel | None = None
    hollow: bool = False


@dataclass(frozen=True, kw_only=True)
class Rule(_Mark):
    """A straight line across the panel at ``x`` or at ``y``, or (with both) from the axis to the point."""

    x: Channel | None = None
    y: Channel | None = None
    dash: bool = True
    width: float = 1.25


@dataclass(frozen=True, kw_only=True)
class Bar(_Mark):
    """Vertical bars centred at ``x`` of the width ``width`` in units of the axis, or ``pixels`` wide (a delta peak)."""

    x: Channel
    y: Channel
    width: float = 0.0
    pixels: float = 6.0
    opacity: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Text(_Mark):
    """Words at a point of the panel; ``anchor`` says which end of the words stands there."""

    x: Channel
    y: Channel
    anchor: Literal["start", "middle", "end"] = "start"


Mark = Line | Area | Dot | Rule | Bar | Text


@dataclass(frozen=True)
class Panel:
    """Axes with marks, drawn in order. ``alt`` is one sentence for those who do not see it."""

    x: Axis
    y: Axis
    marks: Sequence[Mark]
    alt: str
    title: str = ""
    aspect: float = 0.68
    """Height over width."""
    empty: str = ""
    """What stands in the page's picture while it has no curve, point or bar."""


@dataclass(frozen=True)
class View:
    """A picture that is no chart: a JavaScript module registered under ``name`` and a Matplotlib function for the PNG.

    ``draw(axes, values, outputs)`` gets the values of the controls and the named outputs. ``options`` go to the module.
    """

    name: str
    draw: Callable[[Axes, dict[str, float], dict[str, Any]], None]
    alt: str
    title: str = ""
    aspect: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Readout:
    """A number the reader steers by: ``value`` names an output (its first entry) or a control; ``when`` as in :class:`Note`."""

    value: str
    label: str
    digits: int = 4
    unit: str = ""
    role: Role = "text"
    percent: bool = False
    after_prediction: bool = field(default=False, kw_only=True)
    when: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Note:
    """A sentence below the picture; with ``when`` (an output) only while that output is neither zero nor NaN."""

    text: str
    when: str = ""
    exactness: bool = False
    """It says how far the numbers may be off: folded away, for those who ask."""


@dataclass(frozen=True)
class Question:
    """Predict first: what to think about before moving anything, and what is said once the reader has answered."""

    text: str
    choices: Sequence[str] = ()
    answer: int | None = None
    """Index of the right choice, if there is one."""
    reveal: str = ""
    """It begins with the answer in words: before it the page says no more than "Yes." or "Not quite."."""


@dataclass(frozen=True)
class Simulation:
    """The outputs are a state that persists; the kernel gets two more inputs, ``action`` and ``seed``.

    ``action`` is one of :mod:`learnscape.explore.actions`; at the first call the state is all zeros and the action ``RESTART``.
    ``finished`` names an output that is not zero once there is nothing more to do.
    """

    interval: float = 60.0
    """Milliseconds between two calls while playing."""
    finished: str = ""
    settling: str = ""
    """Output that is not zero while a ``REDRAW`` would change more: the page then asks for one picture after the other, so that none takes long."""
    seed: int = 1
    new_data: str = "New data"
    """Label of the button that changes the seed; empty for none."""
    autoplay: bool = False
    opening_steps: int = 0
    """Steps taken before the first picture is shown, so that it opens in an interesting state."""
