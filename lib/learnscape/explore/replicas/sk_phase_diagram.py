r"""The SK model with equal overlaps: where the solution is unstable, and where its entropy is negative.

Replica symmetry gives :math:`q=\int Dz\,\tanh^2\beta(\sqrt qz+h)`; it is stable where the replicon
:math:`1-\beta^2\int Dz\,\cosh^{-4}\beta(\sqrt qz+h)` is positive (de Almeida and Thouless 1978). Its entropy becomes negative much deeper
in the unstable region. Chapter ``replicas/sherrington-kirkpatrick``.
"""

from __future__ import annotations

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Area, Axis, Control, Dot, Line, Note, Panel, Question, Readout, Rule
from learnscape.numerics.jit import kernel
from learnscape.spin_glass import sk
from learnscape.spin_glass.sk.replica_symmetric import at_temperature_kernel, rs_kernel, rs_moments

__all__ = ["sk_phase_diagram"]

HOTTEST, STRONGEST, POINTS = 1.4, 2.5, 51
COLDEST = 0.02
LAYOUT = layout(
    q=1,
    entropy=1,
    replicon=1,
    critical=1,
    unstable=1,
    negative=1,
    curve_temperature=POINTS,
    curve_q=POINTS,
    curve_entropy=POINTS,
)
OUT = LAYOUT.offsets


@kernel
def _entropy(temperature: float, field: float, q: float) -> float:
    at = rs_moments(1.0 / temperature, q, field)
    free = -0.25 * (1.0 - q) ** 2 / temperature - temperature * at.log_2cosh
    energy = -0.5 * (1.0 - q * q) / temperature - field * at.t
    return (energy - free) / temperature


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: T, h."""
    temperature, field = inputs[0], inputs[1]
    q, replicon = rs_kernel(temperature, field)
    outputs[OUT.q], outputs[OUT.replicon] = q, replicon
    outputs[OUT.entropy] = _entropy(temperature, field, q)
    outputs[OUT.critical] = at_temperature_kernel(field)
    outputs[OUT.negative] = 1.0 if outputs[OUT.entropy] < 0.0 else 0.0
    outputs[OUT.unstable] = 1.0 if replicon < 0.0 and outputs[OUT.entropy] >= 0.0 else 0.0
    for i in range(POINTS):
        t = COLDEST + (HOTTEST - COLDEST) * i / (POINTS - 1)
        q = rs_kernel(t, field)[0]
        outputs[OUT.curve_temperature + i] = t
        outputs[OUT.curve_q + i] = q
        outputs[OUT.curve_entropy + i] = _entropy(t, field, q)


@explorable
def sk_phase_diagram() -> Explorable:
    """The line of de Almeida and Thouless in the plane of temperature and field; overlap and entropy of the replica-symmetric solution.

    Examples
    --------
    >>> answer = sk_phase_diagram().evaluate(temperature=0.5, field=0.0)
    >>> print(f"{answer['q'][0]:.4f} {answer['entropy'][0]:.4f} {answer['replicon'][0]:.4f}")
    0.5304 0.1474 -0.3627
    """
    fields = [STRONGEST * (k / 60) ** 2 for k in range(61)]  # dense near zero, where 1 - T goes with h^(2/3)
    plane = Panel(
        x=Axis("temperature *T*", (0.0, HOTTEST)),
        y=Axis("field *h*", (0.0, STRONGEST)),
        marks=[
            Area(role="unsat", x="line_temperature", y="line_field", opacity=0.14),
            Line(role="theory", x="line_temperature", y="line_field", label="AT line", label_at=0.25),
            Dot(role="theory", x="temperature", y="field", radius=6.5),
        ],
        alt="Field against temperature: the AT line falls to field zero at temperature one; the region to its left is shaded; a point at the chosen values.",
        aspect=0.8,
    )
    curves = Panel(
        x=Axis("temperature *T*", (0.0, HOTTEST)),
        y=Axis("overlap *q*, entropy *s*", (-0.2, 1.0)),
        marks=[
            Rule(role="axis", y=0.0, dash=False),
            Rule(role="unsat", x="critical", label="*T*_{AT}"),
            Line(role="theory", x="curve_temperature", y="curve_q", label="*q*", label_at=0.25),
            Line(role="typical", x="curve_temperature", y="curve_entropy", label="*s*", label_at=0.85),
            Dot(role="theory", x="temperature", y="q", radius=5),
            Dot(role="typical", x="temperature", y="entropy", radius=6),
        ],
        alt="Overlap and entropy of the replica-symmetric solution against temperature at the chosen field; a dashed line marks where it becomes unstable.",
        aspect=0.8,
    )
    return Explorable(
        "sk_phase_diagram",
        _kernel,
        title="Where is one overlap enough?",
        controls=[
            Control(
                "temperature",
                "temperature *T*",
                COLDEST,
                HOTTEST,
                0.6,
                0.01,
                marks={"*T*_{AT}": "critical"},
            ),
            Control("field", "field *h*", 0.0, STRONGEST, 0.0, 0.01, marks={"0": 0.0, "1": 1.0}),
        ],
        outputs=LAYOUT,
        constants={
            "line_field": [*fields, STRONGEST],
            "line_temperature": [*(sk.at_line(h) for h in fields), 0.0],
        },
        picture=[plane, curves],
        readouts=[
            Readout("q", "overlap *q*", 4, role="theory"),
            Readout("entropy", "entropy *s*", 4, role="typical"),
            Readout("replicon", "replicon *λ*", 4),
            Readout("critical", "*T*_{AT} at this field", 4, role="unsat"),
        ],
        question=Question(
            "No field. Cool from *T* = 1.4. Two things go wrong with this solution: it becomes unstable, and its entropy becomes negative. Which comes first?",
            choices=("the entropy becomes negative", "both together", "it becomes unstable"),
            answer=2,
            reveal="It becomes unstable first, below *T* = 1, while the entropy is positive down to *T* = 0.27. Every temperature in between looks healthy, and is wrong.",
        ),
        notes=[
            Note(
                "Unstable here: the true system has many overlaps, though the entropy shows nothing unusual.",
                when="unstable",
            ),
            Note("A negative entropy: impossible for a number of configurations.", when="negative"),
        ],
        announce=(
            "At temperature {temperature:.2f} and field {field:.2f} the overlap is {q:.4f}, the entropy {entropy:.4f}, the replicon {replicon:.4f}; "
            "the AT line is at temperature {critical:.4f}."
        ),
        alt=(
            "Left: the AT line in the plane of temperature and field rises from temperature 1, field 0 to the left; the region on its left is "
            "shaded, with a point at temperature 0.6, field 0 inside. Right: without a field the overlap falls from 1 to zero at "
            "temperature 1; the entropy rises from minus 0.15 through zero at 0.27 to 0.57."
        ),
    )
