r"""The two transitions of paper A: a student grows at fixed data, and first solutions, then dense regions of them, appear.

First picture: the local entropy of the densest regions (y -> infinity) against the distance, for the chosen number of weights per pattern. Second: the errors of
a typical student, of a student of the densest regions at distance 0.02, of the barycenter, and of Bayes from the inputs, against N/P, with both transitions.
All by the kernels of ``learnscape.replica.hidden``: the interpolation point is the zero of the entropy; the local-entropy transition is the smallest
load at which some distance is flat, found by a parabola. Chapter ``dense/overparameterization``.
"""

from __future__ import annotations

import math

from learnscape.activations import ACTIVATIONS
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Axis, Control, Dot, Line, Note, Panel, Question, Readout, Rule
from learnscape.numerics.gaussian import exp_kernel, log_kernel
from learnscape.numerics.jit import kernel
from learnscape.replica.hidden.kernels import (
    FIXED_DISTANCE,
    FLAT,
    STEPPING,
    UNKNOWNS,
    WORK,
    Inner,
    Model,
    Typical,
    begin,
    branch,
    search,
    settle,
    state,
)
from learnscape.replica.kernels import EQUILIBRIUM, arcsin_kernel, teacher_kernel
from learnscape.weights import binary_moments

__all__ = ["two_transitions"]

MOST = 3.0  # weights per pattern
RATIOS, OUTER, INNER = 7, 6, 2  # points of the curves
LOG_V = math.log(0.04)  # of distance 0.02
LOG_V_LAST = math.log(0.01)
BROKEN = 0.95  # of the interpolation load: the local entropy is surely not monotone there
FLAT_START, STEP = math.log(0.07), 0.15  # ln v where we look for the flat place, and the step of the parabola
APPROACH = 4  # steps from the typical students to there
GOAL = 5e-6  # of the residual; Newton's last step makes it much smaller
ABSENT = math.nan
TOO_NARROW = 1.0  # status
LAYOUT = layout(
    interpolation=1,
    second=1,
    entropy=1,
    typical_here=1,
    dense_here=1,
    center_here=1,
    dense_second=1,
    bayes=1,
    status=1,
    some=1,
    gap=1,
    dense_phase=1,
    curve_d=OUTER + INNER,
    curve_s=OUTER + INNER,
    curve_formal=OUTER + INNER,
    ratio=RATIOS,
    typical=RATIOS,
    center=RATIOS,
    dense_ratio=RATIOS + 1,
    dense=RATIOS + 1,
    dense_broken=RATIOS + 1,
    _x=UNKNOWNS,
    _before=UNKNOWNS,
    _start=UNKNOWNS,
    _loads=RATIOS,
    _work=WORK,
)
OUT = LAYOUT.offsets


@kernel
def _angle(along: float, across: float) -> float:
    """arccos(a/sqrt(a^2 + across))/pi."""
    return arcsin_kernel(math.sqrt(across / (across + along * along))) / math.pi


@kernel
def _typical_error(at: Typical, share: float) -> float:
    across = share * at.c + (1.0 - share) * at.q
    return _angle(math.sqrt(share) * at.r, across + at.v * (share * at.e + 1.0 - share))


@kernel
def _center_error(at: Typical, share: float) -> float:
    return _angle(math.sqrt(share) * at.r, share * at.c + (1.0 - share) * at.q)


@kernel
def _reach(alpha: float, log_v: float, mode: int, model: Model, outputs: FloatArray) -> bool:
    """The solution at this load, or where the local entropy is flat, and at this distance, near x, which it replaces."""
    x, work = outputs[OUT.x : OUT.x + UNKNOWNS], outputs[OUT.work : OUT.work + WORK]
    return settle(x, work, alpha, log_v, mode, model, GOAL) < STEPPING


@kernel
def _flat_load(log_v: float, model: Model, outputs: FloatArray) -> float:
    """Load at which the local entropy is flat at this distance, from the solution in ``x``, which it replaces."""
    if not _reach(1.0, log_v, FLAT, model, outputs):
        return ABSENT
    return state(outputs[OUT.x : OUT.x + UNKNOWNS], model).alpha


@kernel
def _extrapolate(ahead: float, ahead_q_hat: float, outputs: FloatArray) -> None:
    """From ``before`` by x and as many times as far; x stands in ``before`` then."""
    x, before = outputs[OUT.x : OUT.x + UNKNOWNS], outputs[OUT.before : OUT.before + UNKNOWNS]
    for i in range(UNKNOWNS):
        now = x[i]
        if i == 1:  # delta_q_hat itself: it begins at zero
            x[i] += log_kernel(max(1.0 + (1.0 - exp_kernel(before[i] - now)) * ahead, 0.1))
        else:
            x[i] += (now - before[i]) * (ahead_q_hat if i == 0 else ahead)
        before[i] = now
    x[2], x[3] = min(x[2], 0.0), min(x[3], 0.0)


@kernel
def _onward(
    outputs: FloatArray, alpha: float, log_v: float, here: float, past: float, there: float, model: Model
) -> bool:
    """From the solutions in ``before`` at ``past`` and in ``x`` at ``here`` (a load or distance, as logarithm) to one at ``there``, which replaces x."""
    ahead, ahead_q_hat = 0.0, 0.0
    if past != here:  # ln q_hat is seen to be nearly linear in 1/v and in 1/alpha
        inverse = exp_kernel(-here)
        ahead = (there - here) / (here - past)
        ahead_q_hat = (exp_kernel(-there) - inverse) / (inverse - exp_kernel(-past))
    _extrapolate(ahead, ahead_q_hat, outputs)
    return _reach(alpha, log_v, FIXED_DISTANCE, model, outputs)


@kernel
def _depart(typical: Typical, alpha: float, log_v: float, model: Model, outputs: FloatArray) -> bool:
    """From the typical students to the region at this distance."""
    x, work = outputs[OUT.x : OUT.x + UNKNOWNS], outputs[OUT.work : OUT.work + WORK]
    begin(x, work, typical, model)
    outputs[OUT.before], outputs[OUT.before + 1] = log_kernel(typical.q_hat), -math.inf
    outputs[OUT.before + 2] = outputs[OUT.before + 3] = log_kernel(typical.e)
    outputs[OUT.before + 4], outputs[OUT.before + 5] = log_kernel(typical.r), log_kernel(typical.c)
    first, near = log_kernel(typical.v), exp_kernel(x[1])
    # delta_q_hat is seen to be near 1 - exp(-a (first - ln v)), and the rest to be linear in it
    stretch = (first - log_v) / (first - log_kernel(state(x, model).v))
    ahead = (1.0 - exp_kernel(-near * stretch)) / near - 1.0
    _extrapolate(ahead, ahead, outputs)
    return _reach(alpha, log_v, FIXED_DISTANCE, model, outputs)


@kernel
def _second(alpha_c: float, alpha_t: float, share: float, outputs: FloatArray) -> float:
    """The local-entropy transition: the smallest flat load."""
    model = Model(alpha_t, share, 0.0, math.inf)
    x = outputs[OUT.x : OUT.x + UNKNOWNS]
    alpha = BROKEN * alpha_c
    typical = search(alpha, alpha_t, share, 0.0)
    first = log_kernel(typical.v)
    here = past = first + (FLAT_START - first) / APPROACH
    if not _depart(typical, alpha, here, model, outputs):
        return ABSENT
    for k in range(1, APPROACH):
        there = first + (FLAT_START - first) * (k + 1) / APPROACH
        if not _onward(outputs, alpha, there, here, past, there, model):
            return ABSENT
        here, past = there, here
    middle = FLAT_START
    low = _flat_load(middle - STEP, model, outputs)
    here = _flat_load(middle, model, outputs)
    high = _flat_load(middle + STEP, model, outputs)
    for _ in range(12):
        if not (low < here or high < here):
            break
        if low < here:
            middle -= STEP
            here, high = low, here
            low = _flat_load(middle - STEP, model, outputs)
        else:
            middle += STEP
            here, low = high, here
            high = _flat_load(middle + STEP, model, outputs)
    middle += 0.5 * STEP * (low - high) / (low - 2.0 * here + high)
    alpha = _flat_load(middle, model, outputs)
    for i in range(UNKNOWNS):
        outputs[OUT.start + i] = x[i]
    return alpha


@kernel
def _dense_error(model: Model, outputs: FloatArray) -> float:
    at = state(outputs[OUT.x : OUT.x + UNKNOWNS], model)
    return _angle(at.along, at.across + at.variance)


@kernel
def _local_entropy(alpha: float, alpha_t: float, share: float, outputs: FloatArray) -> None:
    """The curve against the distance, and the error at distance 0.02."""
    model = Model(alpha_t, share, 0.0, math.inf)
    x = outputs[OUT.x : OUT.x + UNKNOWNS]
    typical = search(alpha, alpha_t, share, 0.0)
    outputs[OUT.entropy] = typical.entropy
    outputs[OUT.typical_here] = _typical_error(typical, share)
    outputs[OUT.center_here] = _center_error(typical, share)
    first = log_kernel(typical.v)
    here = past = 0.0
    before = typical.entropy
    for k in range(OUTER + INNER):
        target = first + (LOG_V - first) * (k + 0.5) / (OUTER - 0.5)
        if k >= OUTER:
            target = LOG_V + (LOG_V_LAST - LOG_V) * (k + 1 - OUTER) / INNER
        if k == 0:
            if not _depart(typical, alpha, target, model, outputs):
                return
            here = past = target
        elif not _onward(outputs, alpha, target, here, past, target, model):
            return
        here, past = target, here
        at = state(x, model)
        outputs[OUT.curve_d + k] = 0.5 * at.v
        if at.external < 0.0:
            outputs[OUT.curve_formal + k] = at.entropy
            if k > 0:  # the two parts meet
                outputs[OUT.curve_formal + k - 1] = before
        else:
            outputs[OUT.curve_s + k] = at.entropy
        before = at.entropy
        if k == OUTER - 1:
            outputs[OUT.dense_here] = _angle(at.along, at.across + at.variance)


@kernel
def _errors(end: Typical, alpha_le: float, alpha_t: float, share: float, outputs: FloatArray) -> None:
    """The errors against N/P, from many weights to the interpolation point; regions are followed in the load at fixed distance.

    The points are evenly spaced in ln q_hat: the load follows, and no equation has to be solved for it.
    """
    x = outputs[OUT.x : OUT.x + UNKNOWNS]
    model = Model(alpha_t, share, 0.0, math.inf)
    first = search(1.0 / MOST, alpha_t, share, 0.0)
    inner = Inner(log_kernel(first.e), log_kernel(first.r), log_kernel(first.c))
    low, high = log_kernel(first.q_hat), log_kernel(end.q_hat)
    for k in range(RATIOS):
        typical = first if k == 0 else end
        if 0 < k < RATIOS - 1:
            q_hat = exp_kernel(low + (high - low) * k / (RATIOS - 1.0))
            point = branch(q_hat, alpha_t, share, 0.0, inner)
            inner = point.inner
            q, v, _, _, _ = binary_moments(q_hat)
            e, r, c = exp_kernel(inner.log_e), exp_kernel(inner.log_r), exp_kernel(inner.log_c)
            typical = Typical(point.alpha, q, v, q_hat, e, r, c, point.entropy, 1, point.residual)
        outputs[OUT.loads + k] = typical.alpha
        outputs[OUT.ratio + k] = 1.0 / typical.alpha
        outputs[OUT.typical + k] = _typical_error(typical, share)
        outputs[OUT.center + k] = _center_error(typical, share)
    # dense regions: from the transition, where one is known, to smaller loads and then to larger ones
    for i in range(UNKNOWNS):
        x[i] = outputs[OUT.start + i]
    if not _reach(alpha_le, LOG_V, FIXED_DISTANCE, model, outputs):
        return
    outputs[OUT.dense_second] = _dense_error(model, outputs)
    for i in range(UNKNOWNS):
        outputs[OUT.start + i] = x[i]
    for side in range(2):
        for i in range(UNKNOWNS):
            x[i] = outputs[OUT.start + i]
        here = past = log_kernel(alpha_le)
        for step in range(RATIOS):
            k = RATIOS - 1 - step if side == 0 else step
            alpha = outputs[OUT.loads + k]
            if (alpha <= alpha_le) == (side == 0):
                there = log_kernel(alpha)
                if not _onward(outputs, alpha, LOG_V, here, past, there, model):
                    break
                here, past = there, here
                place = k + side  # the transition stands between
                outputs[OUT.dense_ratio + place] = 1.0 / alpha
                outputs[(OUT.dense if side == 0 else OUT.dense_broken) + place] = _dense_error(model, outputs)
    for k in range(RATIOS + 1):
        if k == RATIOS or outputs[OUT.loads + k] > alpha_le:
            outputs[OUT.dense_ratio + k] = 1.0 / alpha_le
            outputs[OUT.dense + k] = outputs[OUT.dense_broken + k] = outputs[OUT.dense_second]
            break


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: alpha_teacher, N/P, linear share of the features."""
    alpha_t, alpha, share = inputs[0], 1.0 / inputs[1], inputs[2]
    end = search(0.0, alpha_t, share, 0.0)
    alpha_c = end.alpha
    alpha_le = _second(alpha_c, alpha_t, share, outputs)
    outputs[OUT.interpolation], outputs[OUT.second] = 1.0 / alpha_c, 1.0 / alpha_le
    outputs[OUT.status] = TOO_NARROW if alpha > alpha_c else 0.0
    outputs[OUT.some] = 1.0 if alpha <= alpha_c else 0.0
    outputs[OUT.gap] = 1.0 if alpha <= alpha_c and alpha > alpha_le else 0.0
    outputs[OUT.dense_phase] = 1.0 if alpha <= alpha_le else 0.0
    outputs[OUT.entropy], outputs[OUT.typical_here] = ABSENT, ABSENT
    outputs[OUT.dense_here], outputs[OUT.center_here] = ABSENT, ABSENT
    for k in range(OUTER + INNER):
        outputs[OUT.curve_d + k], outputs[OUT.curve_s + k], outputs[OUT.curve_formal + k] = (
            ABSENT,
            ABSENT,
            ABSENT,
        )
    for k in range(RATIOS + 1):
        outputs[OUT.dense + k], outputs[OUT.dense_broken + k] = ABSENT, ABSENT
        outputs[OUT.dense_ratio + k] = ABSENT
    q = teacher_kernel(True, alpha_t, EQUILIBRIUM).overlap
    outputs[OUT.bayes] = _angle(math.sqrt(q), 1.0 - q)
    if alpha <= alpha_c:
        _local_entropy(alpha, alpha_t, share, outputs)
    _errors(end, alpha_le, alpha_t, share, outputs)


@explorable
def two_transitions() -> Explorable:
    """Local entropy and generalization errors of students of the hidden teacher as the number of weights grows.

    Examples
    --------
    >>> answer = two_transitions().evaluate(alpha_teacher=3.0)
    >>> print(f"{answer['interpolation'][0]:.4f} {answer['second'][0]:.4f}")
    0.8775 0.9689
    """
    entropy = Panel(
        x=Axis("mutual distance *d*", (0.0, 0.25)),
        y=Axis("local entropy *S* of the densest regions", (-0.015, 0.05), tops=(0.15, 0.45)),
        marks=[
            Line(role="dense", x="curve_d", y="curve_s"),
            Line(role="dense", x="curve_d", y="curve_formal", dash=True),
        ],
        alt="Local entropy against the mutual distance of students in the densest regions.",
        aspect=0.9,
        empty="No student fits the data.",
    )
    errors = Panel(
        x=Axis("weights per pattern *N*/*P*", (0.55, MOST + 0.95), ticks=(1, 1.5, 2, 2.5, 3)),
        y=Axis("generalization error", (0.0, 0.5)),
        marks=[
            Rule(role="theory", x="interpolation"),
            Rule(role="dense", x="second"),
            Rule(role="muted", y="bayes", label="Bayes, from the inputs"),
            Line(role="typical", x="ratio", y="typical", label="typical", label_at=0.0),
            Line(role="dense", x="dense_ratio", y="dense", label="dense", label_at=0.0),
            Line(role="dense", x="dense_ratio", y="dense_broken", dash=True),
            Line(role="theory", x="ratio", y="center", label="barycenter", label_at=0.0),
            Dot(role="typical", x="weights", y="typical_here", radius=5.0),
            Dot(role="dense", x="weights", y="dense_here", radius=5.0),
            Dot(role="theory", x="weights", y="center_here", radius=5.0),
        ],
        alt="Errors of a typical student, of a student in a dense region and of the barycenter against the number of weights per pattern, with two vertical lines at the transitions.",
        aspect=0.9,
    )
    return Explorable(
        "two_transitions",
        _kernel,
        title="A student grows at fixed data: when do solutions exist, and when dense regions?",
        controls=[
            Control(
                "alpha_teacher", "patterns per input *P*/*D*", 0.5, 10.0, 3.0, 0.02, scale="log", digits=2
            ),
            Control(
                "weights",
                "weights per pattern *N*/*P*",
                0.6,
                MOST,
                0.92,
                0.01,
                digits=2,
                marks={"dense": "second"},
            ),
            Control(
                "share",
                "features",
                kind="select",
                value=ACTIVATIONS["sign"].linear_share,
                options={name: ACTIVATIONS[name].linear_share for name in ("sign", "relu", "erf")},
            ),
        ],
        outputs=LAYOUT,
        picture=[entropy, errors],
        readouts=[
            Readout("interpolation", "solutions from *N*/*P*", 4, role="theory"),
            Readout("second", "dense regions from (*y*\u00a0→\u00a0∞)", 4, role="dense"),
            Readout("typical_here", "error, typical", 4, role="typical", after_prediction=True, when="some"),
            Readout("dense_here", "error, dense", 4, role="dense", after_prediction=True, when="some"),
        ],
        question=Question(
            "A student has nine weights for each input. The patterns grow from three per input (*N*/*P* = 3) to nine (*N*/*P* = 1), so there are fewer weights "
            "for each pattern. What happens to the error of a student in a dense region?",
            choices=("it rises", "it hardly changes", "it falls"),
            answer=2,
            reveal="It falls, from 0.229 to 0.188: three times the data are worth more than the lost freedom. The typical student gains more, from 0.299 to 0.207. "
            "More weights at the same data are another matter: they help the dense student, and the typical one hardly at all.",
        ),
        notes=[
            Note(
                "Solutions exist, but the local entropy falls in a range of distances: the densest regions are cut off, typical solutions are alone.",
                when="gap",
            ),
            Note(
                "The local entropy rises at every distance: dense regions are connected to the rest. Dashed: the external entropy is negative, a formal limit.",
                when="dense_phase",
            ),
        ],
        messages={
            int(TOO_NARROW): "Below the interpolation point: too few weights, no student fits the data."
        },
        announce="At {weights:.2f} weights per pattern the error of a typical student is {typical_here:.3f}, that of a student in a dense region {dense_here:.3f}.",
        alt=(
            "First picture: at 0.92 weights per pattern and three patterns per input the local entropy rises, falls and rises again. Second: the error of typical students is nearly "
            "flat at 0.3; that of dense regions falls from 0.32 to 0.23, that of the barycenter from 0.28 to 0.19; that of Bayes, who sees the inputs, is zero."
        ),
    )
