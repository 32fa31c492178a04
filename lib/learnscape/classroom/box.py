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

Static page: a host as `learnscape.page.embed` writes it, of the element "check".
With a kernel: an anywidget with the traits `element` ("check"), `spec`, `submission` ({"count": 1, "answer": "0.5"}, set by the
browser; for a choice the answer is the key) and `feedback` ({"count": 1, "status": "...", "text": "..."}, set by Python with the same count).
A box whose kernel is gone says so by itself. A page keeps what was typed in the browser's localStorage.
All texts are plain text, to be shown with `textContent`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from learnscape.classroom.feedback import LEADS, Feedback, Status
from learnscape.classroom.kinds import Choice, Exercise, Function, Number
from learnscape.classroom.number import NOT_WHOLE
from learnscape.classroom.reading import NOT_A_NUMBER, NOT_FINITE
from learnscape.page import embed
from learnscape.page.embed import FALLBACK
from learnscape.page.markup import Markup, tag

__all__ = ["AnswerBox", "live_box", "spec"]


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
        description = spec(self.identifier, self.exercise, judge="page")
        return embed.host("check", {"spec": description}, self._fallback(), data_exercise=self.identifier)

    def _fallback(self) -> Markup:
        if isinstance(self.exercise, Function):
            return tag("div", tag("p", _function(self.identifier, self.exercise, "page")), class_=FALLBACK)
        parts = [tag("p", tag("strong", self.exercise.ask))]
        if isinstance(self.exercise, Choice):
            pairs = zip(self.exercise.keys, self.exercise.options, strict=True)
            parts.append(tag("ul", *(tag("li", f"{key}: {option.text}") for key, option in pairs)))
        call = tag("code", f'check("{self.identifier}", your answer)')
        without = "The answer box needs JavaScript. Without it, open this page as a notebook and run "
        return tag("div", *parts, tag("p", without, call, "."), class_=FALLBACK)

    def widget(self) -> Any:
        """The live box; Python judges."""
        if self._widget is None:
            self._widget = live_box(spec(self.identifier, self.exercise, judge="kernel"), self.submit)
        return self._widget

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        plain = f'{self.exercise.ask}: answer with check("{self.identifier}", your_answer)'
        if embed.static():
            return {"text/plain": plain, "text/html": self.html()}
        from learnscape.page.live import live_bundle

        others = {"text/plain": plain, "text/html": tag("div", plain, class_=FALLBACK)}
        return live_bundle(self.widget(), others)


def live_box(description: dict[str, Any], submit: Callable[[str], Feedback]) -> Any:
    """The widget of a box with a kernel; `submit` gives the verdict on what was typed."""
    box = _widget_class()(element="check", spec=description)

    def answered(change: dict[str, Any]) -> None:
        verdict = submit(str(change["new"].get("answer", "")))
        box.feedback = {
            "count": change["new"].get("count", 0),
            "status": verdict.status,
            "text": verdict.text,
        }

    box.observe(answered, names="submission")
    return box


@lru_cache(maxsize=1)
def _widget_class() -> Any:
    """Made on first use: a page without a kernel needs no widgets."""
    import traitlets

    from learnscape.page.live import PageWidget

    class CheckBox(PageWidget):
        submission = traitlets.Dict().tag(sync=True)
        feedback = traitlets.Dict().tag(sync=True)

    return CheckBox
