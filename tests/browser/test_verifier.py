"""The verifier of the Perceptron Challenge in a static page: a right and a wrong solution are pasted, and the page says what Python says."""

from __future__ import annotations

from typing import Any

import pytest

from learnscape.challenge import farthest
from learnscape.challenge.verifier import Verifier, judge

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paste_and_verify(open_page: Any, page_of: Any, axe: str, theme: str) -> None:
    record = max(farthest().values(), key=lambda record: record.instance.n)
    name, right = record.instance.name, record.solution
    wrong = ("A" if right[0] != "A" else "B") + right[1:]
    with open_page(page_of(Verifier().html(), theme)) as page:
        page.wait_for_selector(".ls-check[data-ready]")
        assert page.locator(".ls-fallback").count() == 0
        for chosen, text in ((name, right), (name, wrong), (name, right[:-1]), ("asymmetric-25-10", ""), ("symmetric-21-27", "EqYP"), ("asymmetric-21-16", "a b")):  # fmt: skip
            page.get_by_label("Instance").select_option(chosen)
            page.get_by_label("Your solution").fill(text)
            page.keyboard.press("Tab")  # from the text to the button, without a mouse
            page.keyboard.press("Enter")
            expected = judge(f"{chosen} {text}")
            page.get_by_role("status").filter(has_text=expected.text).wait_for()
            assert page.locator(".ls-check").get_attribute("data-status") == expected.status
        page.evaluate(axe)
        assert page.evaluate("axe.run('.ls-root').then(r => r.violations.map(v => v.id))") == []
        page.reload()
        page.wait_for_selector(".ls-check[data-ready]")
        assert page.get_by_label("Instance").input_value() == "asymmetric-21-16"
        assert page.get_by_label("Your solution").input_value() == "a b"
        assert page.problems == []
        assert page.outside == []


def test_a_verdict_goes_when_its_answer_changes(open_page: Any, page_of: Any) -> None:
    with open_page(page_of(Verifier().html())) as page:
        page.wait_for_selector(".ls-check[data-ready]")
        instance, area = page.get_by_label("Instance"), page.get_by_label("Your solution")
        said, box = page.get_by_role("status"), page.locator(".ls-check")
        instance.select_option("asymmetric-21-16")
        area.fill("iw0X")
        assert said.text_content() == "", "nothing was said before, and nothing is to be verified again"
        area.press("Control+Enter")
        said.filter(has_text="All 16 patterns are satisfied").wait_for()
        area.press("Backspace")
        assert said.text_content() == "Changed: verify again."
        assert box.get_attribute("data-status") is None
        area.fill("iw0X")
        area.press("Control+Enter")
        said.filter(has_text="All 16 patterns are satisfied").wait_for()
        instance.select_option("asymmetric-21-17")
        assert said.text_content() == "Changed: verify again."
        assert box.get_attribute("data-status") is None
        page.get_by_role("button", name="Verify").click()
        said.filter(has_text="Satisfied: 16 of 17 patterns; violated: 1. ").wait_for()
        said.filter(has_text="the stability w.xi/sqrt(N) from ").wait_for()
        assert page.problems == []


def test_a_late_verdict_is_not_that_on_a_new_answer(open_page: Any, page_of: Any) -> None:
    with open_page(page_of(Verifier().html())) as page:
        page.wait_for_selector(".ls-check[data-ready]")
        page.get_by_label("Instance").select_option("asymmetric-21-16")
        page.get_by_label("Your solution").fill("iw0X")
        page.evaluate("""() => {
            document.querySelector(".ls-check form").requestSubmit();
            const area = document.querySelector(".ls-check textarea");
            area.value = "iw0Y";
            area.dispatchEvent(new Event("input", { bubbles: true }));
        }""")
        page.wait_for_timeout(1500)
        assert page.locator(".ls-check").get_attribute("data-status") is None
        page.get_by_role("button", name="Verify").click()
        expected = judge("asymmetric-21-16 iw0Y")
        page.get_by_role("status").filter(has_text=expected.text).wait_for()


def test_where_webassembly_is_forbidden_the_page_says_so(open_page: Any, page_of: Any) -> None:
    with open_page("about:blank") as page:
        page.add_init_script("delete window.WebAssembly; delete window.Worker")
        page.goto(page_of(Verifier().html()))
        page.wait_for_selector(".ls-check[data-ready]")
        page.get_by_label("Your solution").fill("AAAA")
        page.get_by_role("button", name="Verify").click()
        page.get_by_role("status").filter(
            has_text="Nothing was verified: this browser has WebAssembly"
        ).wait_for()
