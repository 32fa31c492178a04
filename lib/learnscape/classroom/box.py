"""The answer box: where a reader types an answer and hears at once what is right or wrong with it.

The box is described by one JSON object, the *spec*, and drawn by the element "check" of the explorables' one ES module.
In a static page the spec carries all rules and the page judges by itself. With a kernel it carries none: what is typed
travels to Python as a `submission`, Python judges and answers through `feedback`.

Spec, common to all kinds::

    {"id": "gardner-volume/left-out", "kind": "number" | "choice" | "function", "ask": "...",
     "leads": {"missing": "No answer yet.", "wrong": "Not yet.", "correct": "Correct."},
     "judge": "page" | "kernel"}

* number: `"unit"`, `"whole"` (it counts something), `"texts": {"missing", "not_a_number", "not_finite", "not_whole"}`. The page reads a
  typed number as `learnscape.classroom.reading` does. If the page judges, also `"rules": [{"value", "tolerance", "status", "text"}, ...]`, of
  which the first with `|answer - value| <= tolerance` for one reading holds, and `"otherwise"`, the text (status wrong) if none does; before it,
  `not_whole` where `whole` and no reading is. Not a number: status missing. Fraction over zero: status wrong, `not_finite`.
* choice: `"options": [{"key": "a", "text": "..."}, ...]`, `"texts": {"missing"}`; if the page judges, each option also has `"status"` and `"reason"`.
* function: `"text"`, what to do instead of typing. There is nothing to submit.

Static page: `<div data-learnscape="check"><script type="application/json">{"element": "check", "spec": {...}}</script>
<div class="learnscape-fallback">...</div></div>`; the module removes the fallback and draws the box in its place.
With a kernel: an anywidget with the traits `element` ("check"), `spec`, `submission` ({"count": 1, "answer": "0.5"}, set by the
browser; for a choice the answer is the key) and `feedback` ({"count": 1, "status": "...", "text": "..."}, set by Python with the same count).
A box whose kernel is gone says so by itself. A page keeps what was typed in the browser's localStorage.
All texts are plain text, to be shown with `textContent`.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from html import escape
from importlib import resources
from typing import Any

from learnscape.classroom.feedback import LEADS, Feedback, Status
from learnscape.classroom.kinds import Choice, Exercise, Function, Number
from learnscape.classroom.number import NOT_WHOLE
from learnscape.classroom.reading import NOT_A_NUMBER, NOT_FINITE

__all__ = ["AnswerBox", "spec"]


def spec(identifier: str, exercise: Exercise, *, judge: str) -> dict[str, Any]:
    """The JSON description of an answer box; `judge` is "page" (with all rules) or "kernel" (without).

    Examples
    --------
    >>> from learnscape.classroom.registry import exercise
    >>> description = spec("gardner-volume/left-out", exercise("gardner-volume/left-out"), judge="page")
    >>> description["kind"], [round(rule["value"], 4) for rule in description["rules"] if rule["status"] == "correct"]
    ('number', [0.1587])
    """
    common = {"id": identifier, "ask": exercise.ask, "leads": LEADS, "judge": judge}
    if isinstance(exercise, Number):
        return common | {"kind": "number"} | _number(exercise, judge)
    if isinstance(exercise, Choice):
        return common | {"kind": "choice"} | _choice(exercise, judge)
    return common | {"kind": "function", "text": _function(identifier, exercise, judge)}


def _number(exercise: Number, judge: str) -> dict[str, Any]:
    texts = {
        "missing": exercise.judge(None).text,
        "not_a_number": NOT_A_NUMBER,
        "not_finite": NOT_FINITE,
        "not_whole": NOT_WHOLE,
    }
    description: dict[str, Any] = {"unit": exercise.unit, "whole": exercise.whole, "texts": texts}
    if judge == "page":
        fields = ("value", "tolerance", "status", "text")
        description["rules"] = [
            {field: getattr(rule, field) for field in fields} for rule in exercise.rules()
        ]
        description["otherwise"] = exercise.otherwise()
    return description


def _choice(exercise: Choice, judge: str) -> dict[str, Any]:
    options: list[dict[str, str]] = []
    for key, option in zip(exercise.keys, exercise.options, strict=True):
        options.append({"key": key, "text": option.text})
        if judge == "page":
            options[-1] |= {"status": "correct" if option.right else "wrong", "reason": option.reason}
    return {"options": options, "texts": {"missing": "Choose one of the answers."}}


def _function(identifier: str, exercise: Function, judge: str) -> str:
    where = (
        "Your code needs Python: open this page as a notebook (buttons at the top). There, write"
        if judge == "page"
        else "Write"
    )
    return f'{where} {exercise.ask} in the cell, put it in place of the dots, check("{identifier}", {exercise.name}), and run the cell.'


class AnswerBox:
    """What `check(identifier, ...)` returns: false and *missing* until the box has been used, then the last verdict.

    Parameters
    ----------
    identifier : str
        Name of the exercise.
    exercise : Exercise
        The exercise itself.
    """

    def __init__(self, identifier: str, exercise: Exercise) -> None:
        self.identifier, self.exercise = identifier, exercise
        self._feedback = exercise.judge(...)
        self._widget: Any = None

    @property
    def status(self) -> Status:
        """Status of the last answer given in the box."""
        return self._feedback.status

    @property
    def text(self) -> str:
        """Text of the last verdict."""
        return self._feedback.text

    def __bool__(self) -> bool:
        return bool(self._feedback)

    def __repr__(self) -> str:
        return str(self._feedback)

    def submit(self, typed: str) -> Feedback:
        """Judge what was typed, as the box does when its button is pressed."""
        self._feedback = self.exercise.judge_typed(typed)
        return self._feedback

    def html(self) -> str:
        """The box for a static page, with a text that stands there without JavaScript."""
        content = {"element": "check", "spec": spec(self.identifier, self.exercise, judge="page")}
        # "<" is escaped so that no text can end the script element.
        data = json.dumps(content, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
        return (
            f'<div data-learnscape="check" data-exercise="{escape(self.identifier)}">'
            f'<script type="application/json">{data}</script>{self._fallback()}</div>'
        )

    def _fallback(self) -> str:
        how = f'check("{self.identifier}", {"..." if isinstance(self.exercise, Function) else "your answer"})'
        if isinstance(self.exercise, Function):
            body = f"<p>{escape(_function(self.identifier, self.exercise, 'page'))}</p>"
        else:
            listing = ""
            if isinstance(self.exercise, Choice):
                pairs = zip(self.exercise.keys, self.exercise.options, strict=True)
                listing = (
                    "<ul>"
                    + "".join(f"<li>{key}: {escape(option.text)}</li>" for key, option in pairs)
                    + "</ul>"
                )
            body = (
                f"<p><strong>{escape(self.exercise.ask)}</strong></p>{listing}<p>The answer box needs JavaScript. Without it, "
                f"open this page as a notebook and run <code>{escape(how)}</code>.</p>"
            )
        return f'<div class="learnscape-fallback">{body}</div>'

    def widget(self) -> Any:
        """The live box; Python judges."""
        if self._widget is None:
            kind = _widget_class()
            self._widget = kind(element="check", spec=spec(self.identifier, self.exercise, judge="kernel"))
            self._widget.observe(self._answered, names="submission")
        return self._widget

    def _answered(self, change: dict[str, Any]) -> None:
        verdict = self.submit(str(change["new"].get("answer", "")))
        self._widget.feedback = {
            "count": change["new"].get("count", 0),
            "status": verdict.status,
            "text": verdict.text,
        }

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **keywords: Any) -> Any:
        plain = f'{self.exercise.ask}: answer with check("{self.identifier}", your_answer)'
        if os.environ.get("LEARNSCAPE_HOST") == "static":
            return {"text/plain": plain, "text/html": self.html()}
        bundle = self.widget()._repr_mimebundle_(**keywords)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        # A notebook that is reopened without a kernel falls back on this text instead of a dead widget.
        return data | {
            "text/plain": plain,
            "text/html": f'<div class="learnscape-fallback">{escape(plain)}</div>',
        }, metadata


@lru_cache(maxsize=1)
def _widget_class() -> Any:
    """Made on first use: the ES module is data of the explorables, read here and not imported."""
    import anywidget
    import traitlets

    static = resources.files("learnscape").joinpath("page", "static")
    style = static.joinpath("learnscape.css")

    class CheckBox(anywidget.AnyWidget):
        _esm = static.joinpath("learnscape.js").read_text(encoding="utf-8")
        _css = style.read_text(encoding="utf-8") if style.is_file() else ""
        element = traitlets.Unicode("check").tag(sync=True)
        spec = traitlets.Dict().tag(sync=True)
        submission = traitlets.Dict().tag(sync=True)
        feedback = traitlets.Dict().tag(sync=True)

    return CheckBox
