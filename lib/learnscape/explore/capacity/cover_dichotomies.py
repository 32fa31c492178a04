r"""Points in the plane that can be dragged, a line through the origin that turns, and all labellings it passes through.

A labelling is separable if some normal w has the right sign of w.x on every point. As w turns through 360 degrees, the label of
x changes where w is perpendicular to x. So each point gives two boundary directions, and every sector between neighbouring
boundaries is one *dichotomy*: P points in general position (here: no two on one line through the origin) have C(P, 2) = 2P of
them, wherever they lie. Two points on one line through the origin share their boundaries, and two dichotomies are lost.

Chapter: ``capacity/perceptron``; the count is T. M. Cover's (IEEE Trans. Electronic Computers EC-14, 326, 1965).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from learnscape import style
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Control, Note, Question, Readout, View
from learnscape.numerics.jit import kernel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["cover_dichotomies"]

P_MAX = 7
GRID = 0.05  # dragged points snap to this grid, so that two of them can lie exactly on one line through the origin
SAME_LINE = 1e-9  # sine of the angle below which two points count as lying on one line; the grid cannot make it smaller than 1e-3
POSITIONS = ((0.8, 0.3), (0.25, 0.75), (-0.6, 0.45), (-0.35, -0.7), (0.55, -0.5), (-0.85, -0.15), (0.1, -0.9))

LAYOUT = layout(
    status=1,
    count=1,
    all=1,
    capacity=1,
    degenerate=1,
    chosen=1,
    code=1,
    normal=2,
    labels=P_MAX,
    codes=2 * P_MAX,
    boundaries=4 * P_MAX,
)
OUT = LAYOUT.offsets
SIZE = LAYOUT.size


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: number of points, turn in [0, 1], x1, y1, x2, y2, ...; outputs as in :func:`cover_dichotomies`."""
    p = int(inputs[0])
    for i in range(SIZE):
        outputs[i] = 0.0
    for i in range(2 * P_MAX):
        outputs[OUT.codes + i] = -1.0
    outputs[OUT.all] = 1.0
    for _ in range(p):  # 2.0**p would need a mathematical library in the page
        outputs[OUT.all] *= 2.0
    outputs[OUT.capacity] = 2.0 * p

    # Boundary directions in the upper half plane, one per line through the origin, sorted by angle.
    lines = 0
    for mu in range(p):
        x = inputs[2 + 2 * mu]
        y = inputs[3 + 2 * mu]
        length = math.sqrt(x * x + y * y)
        if length < SAME_LINE:
            outputs[OUT.status] = 1.0
            return
        c = -y / length
        s = x / length
        if s < -SAME_LINE or (s <= SAME_LINE and c < 0.0):
            c = -c
            s = -s
        place = lines
        known = False
        for k in range(lines):
            cross = outputs[OUT.boundaries + 2 * k] * s - outputs[OUT.boundaries + 2 * k + 1] * c
            if math.fabs(cross) < SAME_LINE:
                known = True
            elif cross < 0.0 and place == lines:
                place = k
        if not known:
            for k in range(lines, place, -1):
                outputs[OUT.boundaries + 2 * k] = outputs[OUT.boundaries + 2 * k - 2]
                outputs[OUT.boundaries + 2 * k + 1] = outputs[OUT.boundaries + 2 * k - 1]
            outputs[OUT.boundaries + 2 * place] = c
            outputs[OUT.boundaries + 2 * place + 1] = s
            lines += 1
    count = 2 * lines
    for k in range(2 * lines):
        outputs[OUT.boundaries + count + k] = -outputs[OUT.boundaries + k]
    outputs[OUT.count] = count
    outputs[OUT.degenerate] = 1.0 if lines < p else 0.0

    # One dichotomy per sector; its code is the binary number of its positive labels.
    turn = min(inputs[1] * count, count - 1e-9)
    chosen = math.floor(turn)
    for k in range(count):
        ax = outputs[OUT.boundaries + 2 * k]
        ay = outputs[OUT.boundaries + 2 * k + 1]
        following = (k + 1) % count
        bx = outputs[OUT.boundaries + 2 * following]
        by = outputs[OUT.boundaries + 2 * following + 1]
        mx = ax + bx
        my = ay + by
        if lines == 1:  # the sector is a half plane
            mx = -ay
            my = ax
        code = 0.0
        for mu in range(p):
            positive = mx * inputs[2 + 2 * mu] + my * inputs[3 + 2 * mu] > 0.0
            code = 2.0 * code + (1.0 if positive else 0.0)
            if k == chosen:
                outputs[OUT.labels + mu] = 1.0 if positive else -1.0
        outputs[OUT.codes + k] = code
        if k == chosen:
            outputs[OUT.chosen] = k + 1.0
            outputs[OUT.code] = code
            # The slider moves w through the sector, but never onto its border.
            part = 0.06 + 0.88 * (turn - chosen)
            if lines == 1:
                if part < 0.5:
                    bx = mx
                    by = my
                    part = 2.0 * part
                else:
                    ax = mx
                    ay = my
                    part = 2.0 * part - 1.0
            wx = (1.0 - part) * ax + part * bx
            wy = (1.0 - part) * ay + part * by
            norm = math.sqrt(wx * wx + wy * wy)
            outputs[OUT.normal] = wx / norm
            outputs[OUT.normal + 1] = wy / norm


def _draw_plane(axes: Axes, values: dict[str, float], outputs: dict[str, Any]) -> None:
    """The points with the labels of the chosen dichotomy, the line, its normal, and the other boundaries."""
    p = int(values["p"])
    normal = outputs["normal"]
    along = np.array([-normal[1], normal[0]])
    sides = np.array([3 * along, -3 * along, -3 * along + 3 * normal, 3 * along + 3 * normal])
    axes.fill(*sides.T, color=style.color["sat"], alpha=0.16, lw=0)
    for mu in range(p):
        x = np.array([values[f"x{mu + 1}"], values[f"y{mu + 1}"]])
        axes.plot(*(3 * np.outer([-1, 1], x) / np.hypot(*x)).T, color=style.neutral["muted"], lw=0.7, ls=":")
        positive = outputs["labels"][mu] > 0
        color = style.color["sat"] if positive else style.color["simulation"]
        axes.plot(
            *x,
            "o" if positive else "s",
            ms=15,
            color=color if positive else style.neutral["page"],
            mec=color,
            mew=2,
            zorder=4,
        )
        axes.annotate("+" if positive else "−", (x[0], x[1]), ha="center", va="center", zorder=5,
                      color=style.neutral["page"] if positive else color, weight="bold")  # fmt: skip
        axes.annotate(str(mu + 1), (x[0] + 0.1, x[1] + 0.08), size=9, color=style.neutral["muted"])
    axes.plot(*(3 * np.outer([-1, 1], along)).T, color=style.color["theory"], lw=2)
    axes.annotate(
        "", 0.42 * normal, (0, 0), arrowprops={"arrowstyle": "-|>", "color": style.color["theory"], "lw": 2}
    )
    axes.annotate("w", 0.52 * normal, ha="center", va="center", style="italic", color=style.color["theory"])
    axes.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), aspect="equal")
    axes.set_axis_off()


def _draw_labelings(axes: Axes, values: dict[str, float], outputs: dict[str, Any]) -> None:
    """One tile for each of the 2^P labellings; those a line can realise are filled, the chosen one is framed."""
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Rectangle

    p = int(values["p"])
    columns = 2 ** (p // 2)
    width, height = 1.0 / columns, columns / 2.0**p
    separable = set(outputs["codes"][outputs["codes"] >= 0].astype(int))
    for code in range(2**p):
        row, column = divmod(code, columns)
        x, y = column * width, 1 - (row + 1) * height
        filled, here = code in separable, code == int(outputs["code"][0])
        color = style.color["theory"] if here else style.color["sat"] if filled else style.neutral["muted"]
        gap = 0.06 * height
        tile = Rectangle((x + gap, y + gap), width - 2 * gap, height - 2 * gap)
        face = to_rgba(style.color["sat"], 0.3 if filled else 0.0)
        tile.set(facecolor=face, edgecolor=color, lw=3.0 if here else 0.8, zorder=3 if here else 2)
        axes.add_patch(tile)
        if p <= 5:
            word = "".join("+" if code >> (p - 1 - mu) & 1 else "−" for mu in range(p))
            ink = style.neutral["text" if filled else "muted"]
            axes.text(x + width / 2, y + height / 2, word, ha="center", va="center", size=9, color=ink)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.set_axis_off()


@explorable
def cover_dichotomies() -> Explorable:
    """How many labellings of points in the plane can a line through the origin realise?

    Outputs: ``count`` dichotomies among ``all`` labellings, ``capacity`` = 2P, ``degenerate`` if two points lie on one line through
    the origin, ``chosen`` (1, 2, ... in the order of the turning line) with its ``code`` (binary number of the positive labels),
    ``labels`` and unit ``normal``; the ``codes`` of all dichotomies and the ``boundaries`` (x, y), in order of rotation.

    Examples
    --------
    >>> answer = cover_dichotomies().evaluate(p=4)
    >>> float(answer["count"][0]), float(answer["all"][0])
    (8.0, 16.0)
    >>> answer = cover_dichotomies().evaluate(p=2, x1=0.5, y1=0.5, x2=-0.2, y2=-0.2)   # on one line through the origin
    >>> float(answer["count"][0])
    2.0
    """
    positions = [
        Control(
            f"{axis}{mu + 1}", f"point {mu + 1}, {axis}", -1.0, 1.0, POSITIONS[mu][k], GRID, kind="hidden"
        )
        for mu in range(P_MAX)
        for k, axis in enumerate("xy")
    ]
    return Explorable(
        "cover_dichotomies",
        _kernel,
        title="How many labellings can a line through the origin realise?",
        controls=[
            Control("p", "points *P*", 1, P_MAX, 4, 1, digits=0),
            Control("turn", "turn the line (1: once round)", 0.0, 1.0, 0.19, 0.005),
            *positions,
        ],
        outputs=LAYOUT,
        picture=[
            View(
                "cover_plane",
                _draw_plane,
                title="points, and a line through the origin",
                alt="Points in the plane with the labels plus or minus that the line gives them; the line passes through the origin.",
                options={"grid": GRID, "p_max": P_MAX},
            ),
            View(
                "cover_labelings",
                _draw_labelings,
                title="all labellings; filled: separable",
                alt="One tile for every labelling; the separable ones are filled, before the prediction only those that the line "
                "has already shown, and the one shown in the plane is framed.",
            ),
        ],
        readouts=[
            Readout("count", "separable labellings", 0, role="sat", after_prediction=True),
            Readout("all", "all labellings 2^{*P*}", 0),
            Readout("capacity", "Cover's count 2*P*", 0, role="theory", after_prediction=True),
        ],
        question=Question(
            "Four points, no two of them on one line through the origin. How many of the 16 labellings can a line through the origin separate?",
            choices=("that depends on where the points lie", "8, wherever they lie", "all 16"),
            answer=1,
            reveal="Eight, wherever they lie: all of them are filled now. Turn the line once round: it passes every point twice, and each time one label changes. Now drag the points.",
        ),
        notes=[
            Note(
                "Some points lie on one line through the origin: their labels change together, and the count stays below Cover's 2*P*.",
                when="degenerate",
            ),
            "Drag the points, or reach one with the Tab key and move it with the arrow keys. A click on a filled tile shows that labelling.",
        ],
        messages={1: "A point at the origin lies on every line: it has no label."},
        announce="Separable labellings: {count:.0f} of {all:.0f}. Shown is number {chosen:.0f}.",
        alt=(
            "Left: four points in the plane and a line through the origin; two points on the shaded side are labelled plus, two minus. "
            "Right: sixteen tiles, one for each labelling; eight are filled, and one of these is framed."
        ),
    )
