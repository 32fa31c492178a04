"""The default state of an explorable as a PNG, drawn by Matplotlib from the same description that the page draws.

For readers without JavaScript, for print through LaTeX, for GitHub, and for notebooks opened without a kernel.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from learnscape import style
from learnscape.explore.labels import mathtext
from learnscape.explore.spec import Area, Bar, Channel, Dot, Line, Mark, Panel, Rule, Text, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from learnscape.explore.core import Explorable

__all__ = ["draw", "resolve"]

PANEL_WIDTH = 4.2
MAX_COLUMNS = 2
SHIFTS = (0, -1, 1, -2, 2, -3, 3, -4, 4)
"""Lines by which a label gives way to those set before it, as in ``page/js/panel.js``."""


def resolve(channel: Channel, sources: Mapping[str, Any]) -> NDArray[np.float64]:
    """Numbers of a channel: an output, a constant, a control, the numbers themselves, or a sequence of these with the first of each."""
    if isinstance(channel, str):
        if channel not in sources:
            raise ValueError(f"channel {channel!r} is not allowed: it must be one of {sorted(sources)}")
        return np.atleast_1d(np.asarray(sources[channel], dtype=np.float64))
    if isinstance(channel, Sequence):
        return np.array([resolve(value, sources)[0] for value in channel])
    return np.array([channel], dtype=np.float64)


def draw(explorable: Explorable, dpi: int = 160) -> bytes:
    """PNG of the default state."""
    import matplotlib.style
    from matplotlib import rc_context

    with rc_context(), matplotlib.style.context(style.HERE / "learnscape.mplstyle"):
        buffer = io.BytesIO()
        figure(explorable).savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def figure(explorable: Explorable) -> Figure:
    """The default state as a Matplotlib figure, in the style that is in force."""
    from matplotlib.figure import Figure

    values = {control.name: control.value for control in explorable.controls}
    outputs = explorable.evaluate()
    sources = {**explorable.constants, **values, **outputs}
    parts = explorable.picture
    columns = min(MAX_COLUMNS, len(parts))
    width = PANEL_WIDTH * columns if columns > 1 else 5.6
    if len(parts) == 3:  # the first picture beside the two others
        mosaic, heights = [[0, 1], [0, 2]], [part.aspect for part in parts[1:]]
    else:
        rows = -(-len(parts) // columns)
        mosaic = [[columns * row + column for column in range(columns)] for row in range(rows)]
        heights = [max(part.aspect for part in parts[columns * r : columns * (r + 1)]) for r in range(rows)]
    whole = Figure(figsize=(width, sum(heights) * width / columns))
    grid = whole.subplot_mosaic(mosaic, height_ratios=heights)  # type: ignore[arg-type]
    for k, part in enumerate(parts):
        axes = grid[k]
        if part.title:
            axes.set_title(mathtext(part.title), loc="left")
        if isinstance(part, View):
            part.draw(axes, values, outputs)
        else:
            _panel(axes, part, sources)
    _part_labels(whole)
    return whole


def _part_labels(whole: Figure) -> None:
    """Move direct labels up or down until none is printed over another one."""
    from matplotlib.text import Annotation

    whole.draw_without_rendering()
    for axes in whole.axes:
        labels = [text for text in axes.texts if text.get_text()]
        taken = [text.get_window_extent() for text in labels if not isinstance(text, Annotation)]
        for label in labels:
            if not isinstance(label, Annotation):
                continue
            box = label.get_window_extent()
            moved = [box.translated(0.0, shift * box.height) for shift in SHIFTS]
            free = [k for k, place in enumerate(moved) if not any(place.overlaps(other) for other in taken)]
            k = free[0] if free else 0
            x, y = label.xyann
            label.xyann = (x, y + SHIFTS[k] * box.height * 72.0 / whole.dpi)
            taken.append(moved[k])


def _panel(axes: Axes, panel: Panel, sources: Mapping[str, Any]) -> None:
    axes.set(xscale=panel.x.scale, yscale=panel.y.scale, xlim=panel.x.domain, ylim=panel.y.domain)
    axes.set(xlabel=mathtext(panel.x.label), ylabel=mathtext(panel.y.label))
    for axis, described in ((axes.xaxis, panel.x), (axes.yaxis, panel.y)):
        if described.ticks is not None:
            axis.set_ticks(list(described.ticks), labels=[f"{tick:g}" for tick in described.ticks])
            axis.set_ticks([], minor=True)
    for mark in panel.marks:
        _mark(axes, mark, sources, panel)


def _label(axes: Axes, label: str, x: float, y: float, color: str, below: bool = False) -> None:
    """A direct label on the side of the point where there is room."""
    fraction = float(axes.transAxes.inverted().transform(axes.transData.transform((x, y)))[0])
    right = fraction > 0.85 and not below
    place: dict[str, Any] = {"ha": "right" if right else "left", "va": "top" if below else "bottom"}
    offset = (-6 if right and fraction > 0.9 else 0 if right else 6, -4 if below else 6)
    axes.annotate(
        label, (x, y), offset, textcoords="offset points", color=color, annotation_clip=False, **place
    )


def _smooth(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ten points a piece on monotone cubics; a curve that is not finite everywhere is drawn where it is."""
    from scipy.interpolate import PchipInterpolator

    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    order = np.argsort(x)
    fine = np.interp(np.linspace(0, len(x) - 1, 10 * len(x)), np.arange(len(x)), x[order])
    return fine, PchipInterpolator(x[order], y[order])(fine)


def _color(role: str) -> str:
    return style.color.get(role) or style.neutral[role]


def _mark(axes: Axes, mark: Mark, sources: Mapping[str, Any], panel: Panel) -> None:
    color = _color(mark.role)
    label = mathtext(mark.label)
    if isinstance(mark, Rule):
        x = None if mark.x is None else float(resolve(mark.x, sources)[0])
        y = None if mark.y is None else float(resolve(mark.y, sources)[0])
        line = {"color": color, "lw": mark.width, "ls": "--" if mark.dash else "-"}
        if x is not None and y is not None:
            axes.plot([x, x, panel.x.domain[0]], [panel.y.domain[0], y, y], **line)  # type: ignore[arg-type]
        elif x is not None:
            axes.axvline(x, **line)  # type: ignore[arg-type]
            axes.annotate(
                label, (x, 1), (4, -4), ("data", "axes fraction"), "offset points", va="top", color=color
            )
        elif y is not None:
            axes.axhline(y, **line)  # type: ignore[arg-type]
            axes.annotate(
                label, (1, y), (-4, 4), ("axes fraction", "data"), "offset points", ha="right", color=color
            )
        return
    x_values, y_values = resolve(mark.x, sources), resolve(mark.y, sources)
    if isinstance(mark, Line):
        drawn = _smooth(x_values, y_values) if mark.smooth else (x_values, y_values)
        axes.plot(*drawn, color=color, lw=mark.width, ls="--" if mark.dash else "-")
        finite = np.flatnonzero(np.isfinite(x_values) & np.isfinite(y_values))
        if label and len(finite):
            at, after = (
                finite[min(int(mark.label_at * (len(finite) - 1)) + k, len(finite) - 1)] for k in (0, 1)
            )
            rising = y_values[after] > y_values[at]
            _label(axes, label, x_values[at], y_values[at], color, below=bool(rising))
    elif isinstance(mark, Area):
        base = np.broadcast_to(resolve(mark.base, sources), y_values.shape)
        axes.fill_between(x_values, base, y_values, color=color, alpha=mark.opacity, lw=0)
    elif isinstance(mark, Dot):
        error = None if mark.error is None else resolve(mark.error, sources)
        face = style.neutral["page"] if mark.hollow else color
        shape = {"fmt": "o", "ms": 1.6 * mark.radius, "mfc": face, "color": color}
        axes.errorbar(x_values, y_values, error, zorder=5, **shape)  # type: ignore[arg-type]
        if label:
            _label(axes, label, x_values[0], y_values[0], color)
    elif isinstance(mark, Bar):
        if mark.width:
            axes.bar(x_values, y_values, mark.width, color=color, alpha=mark.opacity)
        else:
            axes.vlines(
                x_values, panel.y.domain[0], y_values, color=color, lw=mark.pixels, alpha=mark.opacity
            )
        if label:
            axes.annotate(label, (x_values[0], y_values[0]), (6, 0), textcoords="offset points", color=color)
    elif isinstance(mark, Text):
        side = {"start": "left", "middle": "center", "end": "right"}[mark.anchor]
        axes.text(float(x_values[0]), float(y_values[0]), label, color=color, ha=side, va="center")
