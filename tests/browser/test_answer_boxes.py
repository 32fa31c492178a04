"""The answer boxes of the exercises in a static page: what the page says is what Python says."""

from __future__ import annotations

from typing import Any

import pytest

from learnscape.classroom import chapters, check, exercises_of
from learnscape.classroom.box import AnswerBox
from sampled import sampled

pytestmark = pytest.mark.browser
EVERY = [f"{chapter}/{name}" for chapter in chapters() for name in exercises_of(chapter)]
TYPED = ["", "0.5", "1/2", " 0,5 ", "\u22121", "1e-3", "two", "1/0", "12345", "15.9 %", "1,898"]


def _box(identifier: str) -> AnswerBox:
    return check(identifier, ...)


@pytest.mark.parametrize("identifier", sampled(EVERY, every=12))
def test_verdict_of_the_page_is_that_of_python(
    open_page: Any, page_of: Any, axe: str, identifier: str
) -> None:
    box = _box(identifier)
    with open_page(page_of(box.html(), "dark")) as page:
        page.wait_for_selector(".ls-check[data-ready]")
        assert page.locator(".ls-fallback").count() == 0
        answers: list[str] = []
        if page.locator(".ls-check input[type=text]").count():
            answers = TYPED
        elif page.locator(".ls-check input[type=radio]").count():
            answers = [
                option.get_attribute("value") for option in page.locator(".ls-check input[type=radio]").all()
            ]
        for answer in answers:
            if page.locator(".ls-check input[type=text]").count():
                page.locator(".ls-check input[type=text]").fill(answer)
                page.keyboard.press("Enter")
            else:
                page.locator(f".ls-check input[value='{answer}']").check()
                page.get_by_role("button", name="Check").click()
            verdict = _box(identifier).submit(answer)
            assert page.locator(".ls-check").get_attribute("data-status") == verdict.status
            assert verdict.text in page.locator(".ls-verdict").text_content()
        page.evaluate(axe)
        assert page.evaluate("axe.run('.ls-root').then(r => r.violations.map(v => v.id))") == []
        assert page.problems == []
        assert page.outside == []


@pytest.mark.parametrize("identifier", ["how-to-use/first", "perceptron/scale"])
def test_a_reload_keeps_what_was_given(open_page: Any, page_of: Any, identifier: str) -> None:
    with open_page(page_of(_box(identifier).html())) as page:
        page.wait_for_selector(".ls-check[data-ready]")
        if identifier == "how-to-use/first":
            page.locator(".ls-check input[type=text]").fill("0,841")
        else:
            page.locator(".ls-check input[value='b']").check()
        page.reload()
        page.wait_for_selector(".ls-check[data-ready]")
        if identifier == "how-to-use/first":
            assert page.locator(".ls-check input[type=text]").input_value() == "0,841"
        else:
            assert page.locator(".ls-check input[value='b']").is_checked()
        assert page.locator(".ls-check").get_attribute("data-status") is None, "kept, but not judged unasked"
        page.get_by_role("button", name="Check").click()
        assert page.locator(".ls-check").get_attribute("data-status") in ("wrong", "correct")


def test_a_verdict_goes_when_its_answer_changes(open_page: Any, page_of: Any) -> None:
    with open_page(page_of(_box("how-to-use/first").html())) as page:
        page.wait_for_selector(".ls-check[data-ready]")
        page.locator(".ls-check input[type=text]").fill("0.159")
        page.keyboard.press("Enter")
        page.locator(".ls-check[data-status=correct]").wait_for()
        page.keyboard.press("Backspace")
        assert page.locator(".ls-check").get_attribute("data-status") is None
        assert page.locator(".ls-verdict").text_content() == ""


def test_a_browser_that_keeps_nothing_is_no_reason_to_fail(open_page: Any, page_of: Any) -> None:
    with open_page("about:blank") as page:
        page.add_init_script(
            "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no') } })"
        )
        page.goto(page_of(_box("how-to-use/first").html()))
        page.wait_for_selector(".ls-check[data-ready]")
        page.locator(".ls-check input[type=text]").fill("0.159")
        page.keyboard.press("Enter")
        page.locator(".ls-check[data-status=correct]").wait_for()
        assert page.problems == []
