"""The answer box: the static page's JSON gives the verdicts of Python, and the live box asks Python."""

from __future__ import annotations

import json
import re

import pytest
from bs4 import BeautifulSoup

from learnscape.classroom import Choice, Number, Option, box, chapters, check, exercises_of

EVERY = [f"{chapter}/{name}" for chapter in chapters() for name in exercises_of(chapter)]


@pytest.fixture
def static(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEARNSCAPE_HOST", "static")


def _spec(html: str) -> dict:
    soup = BeautifulSoup(html, "html.parser")
    host = soup.find(attrs={"data-learnscape": "check"})
    content = json.loads(host.find("script", type="application/json").string)
    assert content["element"] == "check"
    assert host.find(class_="ls-fallback").get_text(strip=True)
    return content["spec"]


@pytest.mark.usefixtures("static")
@pytest.mark.parametrize("identifier", EVERY)
def test_page_judges_like_python(identifier: str) -> None:
    shown = check(identifier, ...)
    assert not shown
    assert shown.status == "missing"
    spec = _spec(shown._repr_mimebundle_()["text/html"])
    assert spec["id"] == identifier
    assert spec["judge"] == "page"
    if spec["kind"] == "number":
        answers = [
            rule["value"] + step * rule["tolerance"]
            for rule in spec["rules"]
            for step in (-2.0, -0.5, 0.5, 2.0)
        ]
        for answer in [*answers, 1e9]:
            fitting = (rule for rule in spec["rules"] if abs(answer - rule["value"]) <= rule["tolerance"])
            half = spec["whole"] and answer != round(answer)
            nothing = spec["texts"]["not_whole"] if half else spec["otherwise"]
            rule = next(fitting, {"status": "wrong", "text": nothing})
            python = check(identifier, answer)
            assert (python.status, python.text) == (rule["status"], rule["text"])
    elif spec["kind"] == "choice":
        for option in spec["options"]:
            python = check(identifier, option["key"])
            assert (python.status, python.text) == (option["status"], option["reason"])
    else:
        assert "notebook" in spec["text"]


def test_text_cannot_leave_the_script_element() -> None:
    evil = Number(ask="</script><img src=x>", right=lambda: 1.0, matters="</script>")
    html = box.AnswerBox("x/y", evil).html()
    assert html.count("</script>") == 1
    assert "<img" not in html
    assert _spec(html)["rules"][0]["text"] == "</script>"


def test_with_a_kernel_the_answer_is_not_in_the_page() -> None:
    number = Number(ask="a", right=lambda: 0.123456, matters="because")
    choice = Choice(ask="b", options=(Option("yes", "good reason", right=True), Option("no", "bad reason")))
    for exercise in (number, choice):
        text = json.dumps(box.spec("x/y", exercise, judge="kernel"))
        assert not re.search('0.123456|because|good reason|correct"\\s*:\\s*true', text)


def test_live_box_answers_each_submission(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    import anywidget
    import traitlets

    class Plain(anywidget.AnyWidget):
        _esm = "export default { render() {} }"
        element = traitlets.Unicode("check").tag(sync=True)
        spec = traitlets.Dict().tag(sync=True)
        submission = traitlets.Dict().tag(sync=True)
        feedback = traitlets.Dict().tag(sync=True)

    monkeypatch.setattr(box, "_widget_class", lambda: Plain)
    shown = check("gardner-volume/left-out", ...)
    widget = shown.widget()
    assert widget.spec["judge"] == "kernel"
    widget.submission = {"count": 1, "answer": "0.4371"}
    assert widget.feedback["status"] == "wrong"
    assert "contacts per weight" in widget.feedback["text"]
    assert not shown
    widget.submission = {"count": 2, "answer": "0.1587"}
    assert widget.feedback == {"count": 2, "status": "correct", "text": shown.text}
    assert shown
