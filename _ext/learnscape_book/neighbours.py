"""The links to the chapters before and after show a small picture of what is there: the first explorable or figure of that page."""

from __future__ import annotations

import os
import re
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from .dark_figures import twin

FOLDER = "_static/neighbours"
SIZE = (300, 200)
"""Pixels in which a picture fits: more than twice those that it takes in the page, for fine screens."""
COLORS = 24
FIRST = re.compile(r'<img\b[^>]*\bsrc="([^":]*_images/[^"]+\.(?:png|jpe?g))"')
LINK = re.compile(
    r'(?P<link><a class="(?:left-prev|right-next)"\s+href="(?P<page>[^"#?]+)"(?:(?!</a>|<img).)*?)(?:<img[^>]*>)*(?P<words><div class="prev-next-info">)',
    re.DOTALL,
)


def small(picture: bytes, dark: bool = False) -> bytes:
    """A PNG of it on the page, of few colours, that fits into `SIZE`."""
    with Image.open(BytesIO(picture)) as opened:
        full = opened.convert("RGBA")
    ground = Image.new("RGBA", full.size, "white")
    ground.alpha_composite(full)
    ground.thumbnail(SIZE, Image.Resampling.LANCZOS)
    out = BytesIO()
    (twin(ground) if dark else ground.convert("RGB")).quantize(COLORS, dither=Image.Dither.NONE).save(
        out, "png", optimize=True
    )
    return out.getvalue()


def first_picture(page: Path) -> bytes | None:
    """The first explorable's or figure's picture in a page, if there is one."""
    found = FIRST.search(page.read_text(encoding="utf-8")) if page.is_file() else None
    return None if found is None else (page.parent / found[1]).read_bytes()


def show(out: Path) -> None:
    """Put the pictures into all pages of the site in ``out``."""

    @cache
    def picture_of(page: Path) -> str:
        picture = first_picture(page)
        if picture is None:
            return ""
        name = f"{FOLDER}/{page.relative_to(out).with_suffix('.png').as_posix().replace('/', '-')}"
        (out / name).write_bytes(small(picture))
        (out / dark(name)).write_bytes(small(picture, dark=True))
        return name

    def dark(name: str) -> str:
        return name.removesuffix(".png") + "-dark.png"

    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    for page in out.glob("chapters/**/*.html"):

        def linked(match: re.Match[str], folder: Path = page.parent) -> str:
            name = picture_of(Path(os.path.normpath(folder / match["page"])))
            # No words: the link has them already.
            images = "".join(
                f'<img class="only-{shade}" src="{os.path.relpath(out / file, folder)}" alt="" loading="lazy">'
                for shade, file in (("light", name), ("dark", dark(name)))
                if name
            )
            return match["link"] + images + match["words"]

        before = page.read_text(encoding="utf-8")
        after = LINK.sub(linked, before)
        if after != before:
            page.write_text(after, encoding="utf-8")


def finish(app: Any, exception: Exception | None) -> None:
    if exception is None and app.builder.name == "html":
        show(Path(app.outdir))


def setup(app: Any) -> None:
    app.connect("build-finished", finish)
