"""What a hand does to a page, as the actions of WebDriver that Firefox and WebKit take (https://w3c.github.io/webdriver, section 15)."""

from __future__ import annotations

from typing import Any

KEYS = {
    "PageUp": "\ue00e", "PageDown": "\ue00f", "End": "\ue010", "Home": "\ue011",
    "ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015",
}  # fmt: skip
STEPS = 4


def press(key: str) -> list[dict[str, Any]]:
    """One key down and up."""
    actions = [{"type": kind, "value": KEYS[key]} for kind in ("keyDown", "keyUp")]
    return [{"type": "key", "id": "keyboard", "actions": actions}]


def path(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[int, int]]:
    """Where the pointer comes by on its way."""
    return [
        (round(start[0] + (end[0] - start[0]) * k / STEPS), round(start[1] + (end[1] - start[1]) * k / STEPS))
        for k in range(STEPS + 1)
    ]


def drag(start: tuple[float, float], end: tuple[float, float]) -> list[dict[str, Any]]:
    """The mouse to one place of the window, down, to the other, and up."""
    moves = [{"type": "pointerMove", "x": x, "y": y, "duration": 20} for x, y in path(start, end)]
    actions = [
        moves[0], {"type": "pointerDown", "button": 0}, *moves[1:], {"type": "pointerUp", "button": 0}
    ]  # fmt: skip
    return [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}]
