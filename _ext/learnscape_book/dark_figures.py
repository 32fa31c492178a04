"""On the dark page a figure of a cell has dark ground and light lines: each comes twice, and the page's theme shows one of the two.

The twin is made from the figure itself, colour by colour. White becomes the dark page, each colour of ``tokens.json`` its dark shade, and what Matplotlib
mixes of white and one of them (tints, edges of lines) the same mixture of the dark ones. Every other colour keeps its hue and inverts its lightness.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from docutils import nodes
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from learnscape import style

from .pictures import has_html

Colours = NDArray[np.float64]
"""One a row: red, green and blue between 0 and 1, or lightness and the two axes of hue of OKLab."""
GRID = 65
"""Places of the table along red, green and blue: the most that Pillow allows."""
REACH = 0.1
"""Distance in OKLab at which a colour is still drawn along with one of the book's, by a factor of 1/e."""
TOKENS = Path(style.__file__).with_name("tokens.json")

# OKLab, Bjoern Ottosson 2020.
TO_CONES = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip


def to_lab(rgb: Colours) -> Colours:
    """OKLab of sRGB colours."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ TO_CONES.T) @ TO_LAB.T


def to_rgb(lab: Colours) -> Colours:
    """sRGB of OKLab colours; what no screen can show lies outside of 0 to 1."""
    linear = (lab @ np.linalg.inv(TO_LAB).T) ** 3 @ np.linalg.inv(TO_CONES).T
    positive = np.maximum(linear, 0)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * positive ** (1 / 2.4) - 0.055)


def inverted(rgb: Colours) -> Colours:
    """The same hues, with the lightness that the neutrals have on the dark page; paler where the screen has no such colour."""
    light, dark = (to_lab(_shades("neutrals", shade))[:, 0] for shade in ("light", "dark"))
    order = np.argsort(light)
    lab = to_lab(rgb)
    lab[:, 0] = np.interp(lab[:, 0], [0, *light[order]], [1, *dark[order]])
    low, high = np.zeros(len(lab)), np.ones(len(lab))
    for _ in range(12):  # how much of the colour can be kept
        middle = (low + high) / 2
        tried = to_rgb(lab * np.stack([np.ones_like(middle), middle, middle], axis=1))
        fits = np.all((tried > -0.001) & (tried < 1.001), axis=1)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return np.clip(to_rgb(lab * np.stack([np.ones_like(low), low, low], axis=1)), 0, 1)


def darkened(rgb: Colours) -> Colours:
    """What becomes of these colours on the dark page."""
    lab, steps = to_lab(rgb), np.linspace(0, 1, GRID)
    (white, page), *others = known()
    others.append((np.zeros(3), np.ones(3)))  # greys stay grey
    weights, shift, nearest = np.zeros(len(rgb)), np.zeros_like(rgb), np.full(len(rgb), np.inf)
    for light, dark in others:
        share = np.clip((rgb - white) @ (light - white) / np.sum((light - white) ** 2), 0, 1)
        distance = np.linalg.norm(lab - to_lab(white + share[:, None] * (light - white)), axis=1)
        # How far its mixtures with the page are from where inversion alone would put them.
        off = page + steps[:, None] * (dark - page) - inverted(white + steps[:, None] * (light - white))
        weight = 1 / (distance + 1e-3) ** 4
        weights += weight
        shift += weight[:, None] * np.stack([np.interp(share, steps, channel) for channel in off.T], axis=1)
        nearest = np.minimum(nearest, distance)
    drawn = np.exp(-((nearest / REACH) ** 2))
    return np.clip(inverted(rgb) + (drawn / weights)[:, None] * shift, 0, 1)


def known() -> list[tuple[Colours, Colours]]:
    """The book's colours in light and in dark, the page first."""
    kinds = ("neutrals", "roles")
    return [
        pair for kind in kinds for pair in zip(_shades(kind, "light"), _shades(kind, "dark"), strict=True)
    ]


def _shades(kind: str, shade: str) -> Colours:
    return np.array(
        [[int(one[shade][k : k + 2], 16) / 255 for k in (1, 3, 5)] for one in style.tokens[kind].values()]
    )


@cache
def table() -> ImageFilter.Color3DLUT:
    """`darkened` as a table that Pillow applies to a picture."""
    steps = np.linspace(0, 1, GRID)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    colours = darkened(np.stack([red.ravel(), green.ravel(), blue.ravel()], axis=1)).reshape(
        GRID, GRID, GRID, 3
    )
    for light, dark in known():  # between the places of the table, too, they are met
        place = light[::-1] * (GRID - 1)
        first = np.minimum(place.astype(int), GRID - 2)
        around = colours[tuple(slice(k, k + 2) for k in first)]
        b, g, r = np.stack([1 - (place - first), place - first], axis=1)
        around += dark - np.einsum("i,j,k,ijkc->c", b, g, r, around)
    return ImageFilter.Color3DLUT(GRID, colours.ravel().tolist())


def twin(figure: Image.Image) -> Image.Image:
    """The figure as the dark page shows it."""
    full = figure.convert("RGBA")
    ground = Image.new("RGBA", full.size, "white")
    ground.alpha_composite(full)
    return ground.convert("RGB").filter(table())


# --- in the pages ----------------------------------------------------------------------------------------------------------

MADE = "image/png"
WIDE = 2 * 520
"""Pixels, two for one of the page, of a picture whose labels could no longer be read in the width of a phone: book.css lets it scroll."""
SINGLE = 2 * 620
"""Up to here a wide picture has one panel, whose letters are legible also when it is smaller."""
SIZED = re.compile(r'(<img\b[^>]*\bonly-(?:light|dark)\b[^>]*) style="width: (\d+)px; height: (\d+)px;"')


def pair_up(app: Any, doctree: nodes.document) -> None:
    """Beside each picture of a cell its twin, of which the theme hides one: with ``loading="lazy"`` that is not even fetched."""
    for image in list(doctree.findall(nodes.image)):
        if image.parent.get("mime_type") == MADE and not has_html(image.parent.parent):
            image["loading"] = "lazy"
            dark = image.deepcopy()
            dark["uri"] = image["uri"].removesuffix(".png") + "-dark.png"
            image["classes"].append("only-light")
            dark["classes"].append("only-dark")
            source, target = (app.env.relfn2path(node["uri"], app.env.docname)[1] for node in (image, dark))
            with Image.open(source) as figure:
                twin(figure).save(target, optimize=True)
                wide = ["ls-wide"] * (figure.width > WIDE) + ["ls-single"] * (WIDE < figure.width <= SINGLE)
            both = nodes.container("", classes=["ls-figure", *wide])
            image.parent.replace(image, both)
            both += [image, dark]
            app.env.note_dependency(str(TOKENS))


def keep_shape(app: Any, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """With its size as attributes a browser leaves the right room for a picture that it has not fetched yet, at any width."""
    if context.get("body"):
        context["body"] = SIZED.sub(r'\1 width="\2" height="\3"', context["body"])


def setup(app: Any) -> None:
    app.connect("doctree-read", pair_up, priority=400)  # before Sphinx collects the images
    app.connect("html-page-context", keep_shape)
