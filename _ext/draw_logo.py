"""Draw the logo: a landscape with a wide flat minimum between sharp ones, a ball resting in the wide one.

``python _ext/draw_logo.py`` writes the light and dark logo and the favicon below ``_ext/learnscape_book/static``. The colours
are the book's own: green for the flat minimum, purple for the sharp ones, orange for the ball.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "_ext" / "learnscape_book" / "static"
TOKENS = ROOT / "lib" / "learnscape" / "style" / "tokens.json"


def height(x: np.ndarray) -> np.ndarray:
    """The landscape on [0, 1], upwards positive: two sharp wells and a wide flat one."""
    hills = 0.74 + 0.1 * np.cos(7.0 * (x - 0.05))
    sharp = 0.66 * np.exp(-(((x - 0.14) / 0.028) ** 2)) + 0.6 * np.exp(-(((x - 0.9) / 0.026) ** 2))
    flat = 0.66 / (1 + ((x - 0.53) / 0.17) ** 6)
    return hills - sharp - flat


def path(x: np.ndarray, width: float, depth: float, left: float, top: float) -> str:
    points = zip(left + width * x, top + depth * (1 - height(x)), strict=True)
    return "M" + " L".join(f"{a:.1f} {b:.1f}" for a, b in points)


def picture(
    colors: dict[str, str], ground: str, size: tuple[int, int], box: tuple[float, ...], stroke: float
) -> str:
    x = np.linspace(0.0, 1.0, 181)
    left, top, width, depth = box
    shape = {"width": width, "depth": depth, "left": left, "top": top}
    whole, line = path(x, **shape), []
    for low, high, role in ((0.085, 0.195, "typical"), (0.385, 0.675, "dense"), (0.85, 0.95, "typical")):
        part = x[(x >= low) & (x <= high)]
        line.append(
            f'<path d="{path(part, **shape)}" stroke="{colors[role]}" stroke-width="{stroke * 1.35:.2f}"/>'
        )
    radius = 1.9 * stroke
    y = top + depth * (1 - float(height(np.array([0.53]))[0])) - radius - 0.7 * stroke
    background = f'<rect width="{size[0]}" height="{size[1]}" rx="14" fill="{ground}"/>' if ground else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" role="img" aria-label="Learnscape">'
        f"{background}"
        f'<g fill="none" stroke-linecap="round" stroke-linejoin="round">'
        f'<path d="{whole}" stroke="{colors["sat"]}" stroke-width="{stroke}"/>{"".join(line)}</g>'
        f'<circle cx="{left + 0.53 * width:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colors["simulation"]}"/></svg>\n'
    )


def main() -> None:
    roles = json.loads(TOKENS.read_text(encoding="utf-8"))["roles"]
    for shade in ("light", "dark"):
        colors = {name: value[shade] for name, value in roles.items()}
        svg = picture(colors, "", (160, 64), (4.0, 4.0, 152.0, 58.0), 3.0)
        (STATIC / f"logo-{shade}.svg").write_text(svg, encoding="utf-8")
    colors = {name: value["dark"] for name, value in roles.items()}
    (STATIC / "favicon.svg").write_text(
        picture(colors, "#14181e", (64, 64), (5.0, 8.0, 54.0, 50.0), 3.6), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
