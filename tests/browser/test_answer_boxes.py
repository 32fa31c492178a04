"""The answer boxes of the exercises in a static page: what the page says is what Python says."""

from __future__ import annotations

from typing import Any

import pytest

from learnscape.classroom import chapters, check, exercises_of
from learnscape.classroom.box import AnswerBox

pytestmark = pytest.mark.browser
EVERY = [f"{chapter}/{name}" for chapter in chapters() for name in exercises_of(chapter)]
TYPED = ["", "0.5", "1/2", " 0,5 ", "\u22121", "1e-3", "two", "1/0", "12345"]


def _box(identifier: str) -> AnswerBox:
    return check(identifier, ...)


@pytest.mark.parametrize("identifier", EVERY)
def test_verdict_of_the_page_is_that_of_python(
    open_page: Any, page_of: Any, axe: str, identifier: str
) -> None:
    box = _box(identifier)
    with open_page(page_of(box.html(), "dark")) as page:
        page.wait_for_selector(".ls-check[data-ready]")
        assert page.locator(".learnscape-fallback").count() == 0
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
