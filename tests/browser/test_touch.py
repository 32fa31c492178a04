"""Real touches (the browser decides itself what is a scroll): a handle follows the finger, a scroll sets no slider."""

from __future__ import annotations

from typing import Any

import pytest

from learnscape.explore import REGISTRY

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 700}, "has_touch": True, "is_mobile": True}
READY = ".ls-root[data-ready]"
VALUES = "document.querySelector('.ls-root').learnscape.values"
IDLE = "document.querySelector('.ls-root').learnscape.idle()"
TALL = "<div style='height: 2000px'></div>"


def _swipe(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """One finger down, moved in steps and lifted, as Chromium gets it from a touch screen."""
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        touch.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        )
        page.wait_for_timeout(20)

    send("touchStart", start)
    for k in range(1, 13):
        send("touchMove", tuple(a + (b - a) * k / 12 for a, b in zip(start, end, strict=True)))
    send("touchEnd")
    page.wait_for_timeout(100)
    page.evaluate(IDLE)


def _middle(box: dict[str, float]) -> tuple[float, float]:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_page_scrolls_under_a_finger(open_page: Any, page_of: Any) -> None:
    with open_page(page_of(REGISTRY["gaussian_tail"]().html() + TALL), **PHONE) as page:
        page.wait_for_selector(READY)
        _swipe(page, (200, 600), (200, 300))
        assert page.evaluate("scrollY") > 100


@pytest.mark.parametrize(
    ("name", "handle", "moved"),
    [
        ("cover_dichotomies", "[data-point='1']", ("x1", "y1")),
        ("cover_dichotomies", "[data-point='3']", ("x3", "y3")),
        ("learning_perceptron", ".ls-handle", ("teacher_x", "teacher_y")),
    ],
)
def test_a_point_follows_the_finger(
    open_page: Any, page_of: Any, name: str, handle: str, moved: tuple[str, str]
) -> None:
    with open_page(page_of(REGISTRY[name]().html() + TALL), **PHONE) as page:
        page.wait_for_selector(READY)
        page.locator(".ls-view").first.scroll_into_view_if_needed()
        scrolled = page.evaluate("scrollY")
        before = page.evaluate(VALUES)
        box, drawing = page.locator(handle).bounding_box(), page.locator(".ls-view").first.bounding_box()
        start, centre = _middle(box), _middle(drawing)
        # To the other side of the centre, down as well as across: a page that could scroll would.
        _swipe(page, start, (2 * centre[0] - start[0], 2 * centre[1] - start[1]))
        after = page.evaluate(VALUES)
        assert page.evaluate("scrollY") == scrolled
        for control in moved:
            assert after[control] == pytest.approx(-before[control], abs=0.15)


def test_the_sphere_turns_under_the_finger(open_page: Any, page_of: Any) -> None:
    with open_page(page_of(REGISTRY["gardner_volume"]().html() + TALL), **PHONE) as page:
        page.wait_for_selector(READY)
        sphere = page.locator(".ls-view.ls-handle")
        sphere.scroll_into_view_if_needed()
        scrolled, said = page.evaluate("scrollY"), sphere.get_attribute("aria-valuetext")
        x, y = _middle(sphere.bounding_box())
        _swipe(page, (x - 60, y - 60), (x + 60, y + 60))
        assert page.evaluate("scrollY") == scrolled
        assert sphere.get_attribute("aria-valuetext") != said


def test_a_scroll_that_starts_on_a_slider_sets_nothing(open_page: Any, page_of: Any) -> None:
    with open_page(page_of(REGISTRY["gardner_capacity"]().html() + TALL), **PHONE) as page:
        page.wait_for_selector(READY)
        before = page.evaluate(VALUES)
        x, y, _ = _on_the_slider(page)
        _swipe(page, (x, y), (x - 5, y - 250))
        assert page.evaluate("scrollY") > 100
        assert page.evaluate(VALUES) == before


# A page of its own: after a scroll the browser may take the next touch for a part of it.
def test_a_finger_along_a_slider_moves_it(open_page: Any, page_of: Any) -> None:
    with open_page(page_of(REGISTRY["gardner_capacity"]().html() + TALL), **PHONE) as page:
        page.wait_for_selector(READY)
        before = page.evaluate(VALUES)
        x, y, left = _on_the_slider(page)
        _swipe(page, (x, y), (left, y))
        page.wait_for_function(f"{VALUES}.kappa < {before['kappa']}")
        assert page.evaluate("scrollY") == 0


def _on_the_slider(page: Any) -> tuple[float, float, float]:
    """A point of the first slider far right, and the x of one far left."""
    box = page.locator(".ls-root input[type=range]").bounding_box()
    return box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2, box["x"] + 0.2 * box["width"]
