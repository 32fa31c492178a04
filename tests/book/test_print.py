"""What `make pdf` prints: sliders, solutions at the end or nowhere, code that may break over two pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import print_pdf

pytestmark = pytest.mark.browser
PAGE = "chapters/capacity/perceptron.html"
ORDER = """() => [...document.querySelectorAll('.bd-article :is(.exercise, .solution) > .admonition-title')]
  .map(title => [title.parentElement.classList.contains('solution'), title.textContent.trim()])"""


@pytest.mark.weekly
def test_solutions_stand_at_the_end_with_their_numbers(site: str, open_page: Any) -> None:
    with open_page(f"{site}/{PAGE}") as page:
        before = page.evaluate(ORDER)
        print_pdf.arrange(page)
        after = page.evaluate(ORDER)
        count = sum(solution for solution, _ in before)
        assert count > 4
        assert [solution for solution, _ in after] == [False] * (len(after) - count) + [True] * count
        for _, title in after[-count:]:
            assert re.fullmatch(r"Solution to Exercise \d+\.\d+", title)


@pytest.mark.weekly
def test_solutions_can_be_left_out(site: str, open_page: Any) -> None:
    with open_page(f"{site}/{PAGE}") as page:
        print_pdf.arrange(page, solutions=False)
        assert page.locator(".solution").count() == 0
        assert page.get_by_role("heading", name="Solutions").count() == 0
        assert page.locator(".exercise").count() > 4


@pytest.mark.weekly
def test_a_slider_is_drawn_on_paper(site: str, open_page: Any) -> None:
    with open_page(f"{site}/{PAGE}") as page:
        page.wait_for_selector(".ls-root[data-ready]")
        page.emulate_media(media="print")
        style = page.locator(".ls-root input[type=range]").first.evaluate(
            "e => getComputedStyle(e).printColorAdjust"
        )
        assert style == "exact", "a browser that prints leaves out backgrounds, and the track is one"
        assert not page.locator(".ls-reset").first.is_visible()


def test_a_chapter_prints_without_empty_halves(site: str, open_page: Any, tmp_path: Path) -> None:
    """Formulas, figures and text of this chapter fill 27 pages; 35 was what unbreakable code made of them."""
    with open_page(f"{site}/{PAGE}", color_scheme="light", reduced_motion="reduce") as page:
        print_pdf.arrange(page)
        print_pdf.print_page(page, tmp_path / "page.pdf")
        sheets = len(re.findall(rb"/Type\s*/Page\b(?!s)", (tmp_path / "page.pdf").read_bytes()))
        assert 20 < sheets <= 30
        page.emulate_media(media="print")
        stuck = page.evaluate(
            "() => [...document.querySelectorAll('.bd-article pre')].filter(e => e.checkVisibility() && (getComputedStyle(e).breakInside !== 'auto' || getComputedStyle(e).overflowX !== 'visible')).length"
        )
        assert stuck == 0
