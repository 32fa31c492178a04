r"""Who lives around a typical solution of the binary perceptron, and who in a dense region: both entropies against the distance.

The Franz-Parisi entropy counts solutions around a typical one; the local entropy :math:`S_I(d;y)` those around a group of y solutions at mutual distance d, and the
external entropy :math:`S_E` the groups. Both are compared with all weight vectors at that distance. The numbers come from a table
(``chapters/data/local_entropy_curves.py``). Chapter ``dense/local-entropy``.
"""

from __future__ import annotations

import numpy as np

from learnscape.data import stored
from learnscape.explore.core import Explorable
from learnscape.explore.hosts import explorable
from learnscape.explore.spec import Area, Axis, Control, Line, Note, Panel, Question, Readout, Rule
from learnscape.explore.table import GridTable

__all__ = ["local_entropy_curves"]

NEAREST = 1e-3
DISTANCES = np.geomspace(NEAREST, 0.4, 60)


@explorable
def local_entropy_curves() -> Explorable:
    """Franz-Parisi and local entropy of the binary perceptron, with load, margin and the number of replicas in a group.

    Examples
    --------
    >>> answer = local_entropy_curves().evaluate(load=0.72, kappa=0.0, y=64.0)
    >>> print(f"{answer['alpha'][0]:.2f} {answer['empty'][0]:.3f} {answer['share'][0]:.2f}")
    0.60 0.016 0.96
    """
    table = GridTable.from_spec(stored("local_entropy_curves")["table"])
    load, kappa, y = table.axes
    choices = -DISTANCES * np.log(DISTANCES) - (1.0 - DISTANCES) * np.log1p(-DISTANCES)
    entropies = Panel(
        x=Axis("distance *d*", (0.0, 0.36)),
        y=Axis("entropy per weight", (-0.02, 0.4)),
        marks=[
            Rule(role="axis", y=0.0, dash=False),
            Line(role="muted", x="distances", y="choices", dash=True, width=1.5),
            Line(role="muted", x="dense_d", y="dense_free", dash=True, width=1.5, smooth=True),
            Line(role="typical", x="lonely_d", y="lonely_s", label="typical", smooth=True),
            Line(role="dense", x="dense_d", y="dense_s", label="group", smooth=True),
        ],
        alt="Entropy against distance: the curve around a typical solution starts at a positive distance, that of a dense region near zero; dashed bounds lie above.",
    )  # fmt: skip
    shares = Panel(
        x=Axis("distance *d*", (NEAREST, 0.4), scale="log", ticks=(0.001, 0.01, 0.1)),
        y=Axis("share of the bound", (-0.1, 1.05)),
        marks=[
            Rule(role="axis", y=0.0, dash=False),
            Rule(role="typical", x="empty"),
            Line(role="typical", x="lonely_d", y="lonely_share", label="typical", smooth=True),
            Line(role="dense", x="dense_d", y="dense_share", label="group", smooth=True),
        ],
        alt="Both entropies divided by that of all vectors, on a logarithmic axis of distances: one falls to zero, the other rises towards one as the distance shrinks.",
        aspect=0.5,
    )
    groups = Panel(
        x=Axis("mutual distance *d*", (NEAREST, 0.4), scale="log", ticks=(0.001, 0.01, 0.1)),
        y=Axis("external entropy *S*_E", (-0.4, 0.3), ticks=(-0.2, 0.0, 0.2)),
        marks=[
            Rule(role="axis", y=0.0, dash=False),
            Area(role="unsat", x="dense_d", y="formal", opacity=0.25),
            Line(role="dense", x="dense_d", y="external", smooth=True),
        ],
        alt="External entropy of the groups against their mutual distance; where it lies below zero the region is shaded.",
        aspect=0.5,
    )
    return Explorable(
        "local_entropy_curves",
        table.kernel,
        table=table,
        title="Around a typical solution, and in a dense region",
        controls=[
            Control(
                "load", "load, as a share of the capacity *α*/*α*_c", load.start, load.stop, 0.72, 0.01,
                marks={"α_{LE} (y → ∞)": "end"},
            ),
            Control("kappa", "margin *κ*", kappa.start, kappa.stop, 0.0, 0.01, marks={"0": 0.0}),
            Control("y", "replicas in a group *y*", y.start, y.stop, 64.0, 0.01, scale="log", digits=0),
        ],
        outputs=table.layout,
        constants={"distances": DISTANCES.tolist(), "choices": choices.tolist()},
        picture=[entropies, shares, groups],
        readouts=[
            Readout("alpha", "load *α*", 2),
            Readout("empty", "no solution nearer than", 3, role="typical"),
            Readout("share", "share of the bound at *d* = 0.01, dense", 2, role="dense", after_prediction=True),
            Readout("groups", "*S*_E at *d* = 0.01", 2, role="dense", after_prediction=True),
        ],
        question=Question(
            "Lower *y* from 64 to 4: fewer replicas hold a group together. What happens to its local entropy at *d* = 0.01, and to the number of such groups?",
            choices=("both grow", "it grows, and there are fewer groups", "it falls, and there are more groups"),
            answer=2,
            reveal="It falls, from 96 to 42 per cent of the bound at *α* = 0.60, and there are more groups: the external entropy rises from below zero to 0.19. Large *y* chooses the densest places, which are the rarest.",
        ),
        notes=[
            Note("Red: *S*_E < 0. A typical sample has no group as dense as that, and the local entropy is the value of a formal limit."),
            Note("Purple: around a typical solution. Green: in the densest groups of *y* replicas. Dashed: all weight vectors, at distance *d* from a point (the higher line) and in groups of mutual distance *d* (the lower one)."),
            Note("Errors of the table: we took the largest found at the middles of its cells, and added a quarter. For the curve of shares this is 0.12.", exactness=True),
        ],
        announce="Load {alpha:.2f}: no solution nearer than {empty:.3f} to a typical one; a dense region has {share:.2f} of its bound at distance 0.01.",
        alt=(
            "First picture: entropy against distance; the purple curve around a typical solution begins at 0.016, the green one of a dense region near zero. Second: divided by their bounds, purple falls to zero "
            "and green rises towards one at small distance. Third: the external entropy is positive at small and large distances and negative between, shaded in red."
        ),
    )  # fmt: skip
