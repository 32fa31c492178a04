"""Figures on the dark page: the colours of their twins, which of the two a page fetches and prints, and what a phone shows of a wide one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document
from PIL import Image

from learnscape import style
from learnscape_book import dark_figures

ROLES = [(name, pair["light"], pair["dark"]) for kind in style.tokens.values() for name, pair in kind.items()]
PAGE = np.array([0x14, 0x18, 0x1E])


def _channels(color: str) -> np.ndarray:
    return np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)])


def _twin(*colors: Any) -> np.ndarray:
    row = np.round(np.array(colors)).astype(np.uint8)[None]
    return np.asarray(dark_figures.twin(Image.fromarray(row)))[0].astype(int)


@pytest.mark.parametrize(("name", "light", "dark"), ROLES)
def test_the_colours_of_the_book_become_their_dark_shades(name: str, light: str, dark: str) -> None:
    assert np.abs(_twin(_channels(light)) - _channels(dark)).max() <= 2, name


@pytest.mark.parametrize(("name", "light", "dark"), [role for role in ROLES if role[0] in style.color])
def test_tints_and_edges_of_lines_are_the_same_mixture_with_the_dark_page(
    name: str, light: str, dark: str
) -> None:
    shares = np.linspace(0, 1, 21)[:, None]
    found = _twin(*(255 + shares * (_channels(light) - 255)))
    off = np.abs(found - (PAGE + shares * (_channels(dark) - PAGE)))
    assert off.max() <= 10, f"{name}: only what is nearly grey has neighbours that draw it away"


def test_other_colours_keep_their_hue_and_invert_their_lightness() -> None:
    greys = _twin(*([value] * 3 for value in range(0, 256, 5)))
    assert np.all(np.diff(greys, axis=0) <= 0)
    assert np.ptp(greys, axis=1).max() <= 15, "no more colour than the neutrals have"
    rainbow = [(120, 0, 120), (0, 160, 160), (150, 220, 60), (255, 230, 0)]
    before, after = (dark_figures.to_lab(np.array(colors) / 255) for colors in (rainbow, _twin(*rainbow)))
    turned = np.angle(np.exp(1j * (np.arctan2(*after[:, 1:].T) - np.arctan2(*before[:, 1:].T))))
    assert np.abs(turned).max() < 0.15
    assert np.array_equal(np.argsort(after[:, 0]), np.argsort(before[:, 0])[::-1])


def test_colours_come_back_from_oklab_and_transparent_is_white() -> None:
    colors = np.random.default_rng(3).random((50, 3))
    assert np.allclose(dark_figures.to_rgb(dark_figures.to_lab(colors)), colors, atol=1e-6)
    clear = dark_figures.twin(Image.new("RGBA", (1, 1), (0, 0, 0, 0)))
    assert clear.getpixel((0, 0)) == tuple(PAGE)


def _cell(folder: Path, width: int) -> nodes.document:
    """A page as MyST-NB leaves it, with a picture that a cell made."""
    Image.new("RGB", (width, 40), "white").save(folder / "a.png")
    image = nodes.image(uri="a.png", alt="A line.", width="9px", height="4px")
    made = nodes.container("", image, mime_type="image/png")
    figure = nodes.figure("", nodes.container("", made, nb_element="mime_bundle"), nodes.caption("", "Said."))
    page = new_document("page", get_default_settings())
    instead = nodes.container("", nodes.image(uri="instead.png", alt="Not shown."), mime_type="image/png")
    explorable = nodes.container("", nodes.container("", mime_type="text/html"), instead)
    page += [figure, explorable, nodes.image(uri="photograph.png", alt="Not made by a cell.")]
    return page


@pytest.mark.parametrize("width", [900, 1100, 1300])
def test_the_twin_stands_beside_its_figure_with_the_same_words_and_size(tmp_path: Path, width: int) -> None:
    used: list[str] = []
    where = lambda uri, page: (uri, str(tmp_path / uri))  # noqa: E731
    env = SimpleNamespace(docname="page", relfn2path=where, note_dependency=used.append)
    page = _cell(tmp_path, width)
    dark_figures.pair_up(SimpleNamespace(env=env), page)
    light, dark, *others = page.findall(nodes.image)
    wide = ["ls-wide", "ls-single"] if width > dark_figures.WIDE else []
    assert light.parent["classes"] == ["ls-figure", *wide[: 2 - (width > dark_figures.SINGLE)]]
    assert (light["uri"], light["classes"], dark["uri"], dark["classes"]) == ("a.png", ["only-light"], "a-dark.png", ["only-dark"])  # fmt: skip
    for what in ("alt", "width", "height", "loading"):
        assert light[what] == dark[what]
    assert [other["classes"] for other in others] == [[], []]
    assert len(list(page.findall(nodes.caption))) == 1
    with Image.open(tmp_path / "a-dark.png") as made:
        assert (made.size, made.getpixel((0, 0))) == ((width, 40), tuple(PAGE))
    assert [Path(file).name for file in used] == ["tokens.json"], "new colours make the page read again"


# --- in a browser ----------------------------------------------------------------------------------------------------------

CHAPTER = "chapters/start/numerics.html"  # with the widest figure of the book
SHOWN = """() => [...document.querySelectorAll('.ls-figure')].map(box => {
  const images = [...box.querySelectorAll('img')].filter(image => image.checkVisibility());
  const links = [...box.querySelectorAll('a')].filter(link => link.checkVisibility());
  const { width, height } = images[0].getBoundingClientRect();
  return { images: images.map(image => image.className), links: links.length, ground: getComputedStyle(images[0]).backgroundColor,
    width, scale: width / images[0].getAttribute('width'), bent: width / height / (images[0].getAttribute('width') / images[0].getAttribute('height')),
    scrolls: box.scrollWidth - box.clientWidth, caption: box.parentElement.querySelector('figcaption')?.getBoundingClientRect().right };
})"""


@pytest.mark.browser
@pytest.mark.parametrize(
    ("scheme", "width"), [("dark", 390), pytest.param("light", 1200, marks=pytest.mark.weekly)]
)
def test_a_page_fetches_and_shows_one_of_the_two(open_page: Any, site: str, scheme: str, width: int) -> None:
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    with open_page("about:blank", **options) as page:
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url.rpartition("_images/")[2]))
        page.goto(f"{site}/{CHAPTER}")
        for figure in page.locator(".ls-figure").all():
            figure.scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        shown = page.evaluate(SHOWN)
        assert len(shown) >= 2
        for figure in shown:
            assert (figure["images"], figure["links"]) == ([f"only-{scheme}"], 1)
            assert figure["ground"] == "rgba(0, 0, 0, 0)", "no white card"
            assert abs(figure["bent"] - 1) < 0.01
            if width == 390:
                assert figure["scale"] > 0.65, "tick labels are drawn with 13.9 px: 9 are left"
                assert figure["scrolls"] > 0
                assert figure["caption"] <= width
        images = [name for name in fetched if name.endswith(".png") and len(name) > 64]
        assert len(images) >= 2
        assert {name.endswith("-dark.png") for name in images} == {scheme == "dark"}
        if width == 390:  # a keyboard gets to the picture, and then sideways
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.locator(".ls-figure a:visible").first.focus()
            page.keyboard.press("ArrowRight")
            page.wait_for_function("document.querySelector('.ls-figure').scrollLeft > 0")
        page.emulate_media(media="print")
        assert {name for figure in page.evaluate(SHOWN) for name in figure["images"]} == {"only-light"}
