"""The verifier in a page: choose an instance, paste a solution, and it is recounted at once; with a kernel by Python, else as WebAssembly.

It is a box as in :mod:`learnscape.classroom.box` (element "check"), of the kind ``"solution"``. What is typed travels as "NAME TEXT". Spec, beside what all boxes have::

    {"kind": "solution", "which": "...", "button": "...", "changed": "...", "groups": [{"label": "...", "instances": [instance, ...]}, ...]}

``changed`` stands in place of a verdict when its answer is no longer there. An instance has ``name``, ``label`` and ``demand`` for the reader, ``request`` (the kernel's inputs before the number of letters), ``n``, ``p``, ``needed``, ``pads`` for
the texts, and what is added to a verdict ``correct`` or ``wrong``. In a static page also ``"kernel": {"inputs", "outputs", "longest", "results"}`` and ``"texts":
{"faults": {status: text}, "correct", "wrong"}``, in which ``{name}`` stands for a number, and beside the spec ``"wasm"``, base64 of the module.
"""

from __future__ import annotations

import base64
from itertools import groupby
from typing import Any

from learnscape.challenge.counting import (
    INPUTS,
    LONGEST,
    OUTPUTS,
    RESULTS,
    STATUS,
    WASM,
    request,
    size,
)
from learnscape.challenge.leaderboard import known, records
from learnscape.challenge.series import Instance, find, instances
from learnscape.challenge.solutions import COUNTED, FAULTS, MalformedSolution, trimmed, verify
from learnscape.classroom.box import live_box
from learnscape.classroom.feedback import Feedback, Status
from learnscape.page import embed
from learnscape.page.embed import FALLBACK
from learnscape.page.markup import tag

__all__ = ["Verifier", "judge"]

LEADS = {"missing": "Nothing to verify.", "wrong": "Not a solution.", "correct": "A solution."}
REMARKS = {
    "solved": "The table has a solution of this instance already; yours may be flatter, or found in fewer sweeps.",
    "unknown": "Nobody's solution of this instance is in the table: please send it in.",
    "satisfiable": "This instance is small enough to be enumerated.",
    "unsatisfiable, by enumeration": "No weights satisfy this instance: all of them have been tried.",
}
IDENTIFIER = "perceptron-challenge"


def judge(typed: str) -> Feedback:
    """The verdict on "NAME TEXT".

    Examples
    --------
    >>> judge("asymmetric-21-1 xyUI").status, judge("asymmetric-21-1 ").status, judge("asymmetric-21-1 A").status
    ('correct', 'missing', 'wrong')
    """
    name, _, text = typed.partition(" ")
    instance = find(name)
    try:
        verdict = verify(instance, text)
    except MalformedSolution as error:
        return Feedback("wrong" if trimmed(text) else "missing", str(error))
    status: Status = "correct" if verdict.solved else "wrong"
    return Feedback(status, f"{verdict.text} {_remarks(instance)[status]}".strip())


def _remarks(instance: Instance) -> dict[str, str]:
    remark = REMARKS[known(instance)]
    return {"correct": remark, "wrong": remark if instance.satisfiable is False else ""}


def _described(instance: Instance) -> dict[str, Any]:
    needed, pads = size(instance.n)
    described = {"name": instance.name, "n": instance.n, "p": instance.p, "needed": needed, "pads": pads}
    described["label"] = f"{instance.name} (α = {instance.alpha:.3f}): {known(instance)}"
    described |= {"demand": instance.demand, "request": request(instance)}
    return described | _remarks(instance)


def _spec(*, static: bool) -> dict[str, Any]:
    # the ladder, and what was solved beside it
    offered = {*instances(), *(record.instance for record in records())}
    ordered = sorted(offered, key=lambda instance: (instance.family, instance.n, instance.p))
    groups = [
        {"label": f"{family}, N = {n}", "instances": [_described(instance) for instance in group]}
        for (family, n), group in groupby(ordered, lambda instance: (instance.family, instance.n))
    ]
    spec: dict[str, Any] = {
        "id": IDENTIFIER,
        "kind": "solution",
        "ask": "Your solution, as base64 of its bits (Ctrl+Enter verifies)",
        "which": "Instance",
        "button": "Verify",
        "changed": "Changed: verify again.",
        "leads": LEADS,
        "judge": "page" if static else "kernel",
        "groups": groups,
    }
    if static:
        faults = {str(STATUS[name]): text for name, text in FAULTS.items()}
        spec["texts"] = {"faults": faults, "correct": COUNTED["solved"], "wrong": COUNTED["unsolved"]}
        spec["kernel"] = {
            "inputs": INPUTS,
            "outputs": OUTPUTS,
            "longest": LONGEST,
            "results": RESULTS,
        }
    return spec


class Verifier:
    """The box; display it in a cell."""

    def __init__(self) -> None:
        self._widget: Any = None

    def html(self) -> str:
        """For a static page, with a text that stands there without JavaScript."""
        call = tag("code", "python -m learnscape.challenge verify NAME FILE")
        fallback = tag("p", "The verifier needs JavaScript. Without it, run ", call, ".", class_=FALLBACK)
        wasm = base64.b64encode(WASM.read_bytes()).decode()
        return embed.host("check", {"spec": _spec(static=True), "wasm": wasm}, fallback)

    def widget(self) -> Any:
        """The live box; Python counts."""
        if self._widget is None:
            self._widget = live_box(_spec(static=False), judge)
        return self._widget

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        plain = "Verify a solution with learnscape.challenge.verify(instance, text)"
        if embed.static():
            return {"text/plain": plain, "text/html": self.html()}
        from learnscape.page.live import live_bundle

        return live_bundle(
            self.widget(), {"text/plain": plain, "text/html": tag("div", plain, class_=FALLBACK)}
        )
