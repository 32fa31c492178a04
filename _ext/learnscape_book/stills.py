"""The still picture of an explorable is a file beside the page, not a part of it.

In a notebook it is written out in the output. In a page these pictures would be four fifths of all that has to be read before anything
happens, and hardly anybody sees them: as files they are fetched when they come near and only where no explorable has taken their place yet.
An explorable is higher than its picture; `heights.json`, which `tools/measure_heights.py` writes, says by how much, and the page keeps the room.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

COLORS = 256
HEIGHTS: dict[str, tuple[int, int]] = json.loads(
    Path(__file__).with_name("heights.json").read_text(encoding="utf-8")
)
"""Name of an explorable -> pixels on a phone of 390 and in a window of 1200."""
HOST = re.compile(r'(<div\b[^>]*\bclass="ls-host"[^>]*\bdata-name="(\w+)")')
STILL = re.compile(r'(<img class="ls-fallback"[^>]*?) src="data:image/png;base64,([^"]+)"')


def as_files(app: Any, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Write the pictures of a page and name them there, with their shape, so that nothing moves when they come."""

    def named(match: re.Match[str]) -> str:
        name = f"_images/still-{sha256(match[2].encode()).hexdigest()[:20]}.png"
        file = Path(app.outdir) / name
        with Image.open(BytesIO(b64decode(match[2]))) as picture:
            width, height = picture.size
            if not file.exists():
                file.parent.mkdir(exist_ok=True)
                picture.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(file, optimize=True)
        return (
            f'{match[1]} src="{context["pathto"](name, 1)}" width="{width}" height="{height}" loading="lazy"'
        )

    def with_room(match: re.Match[str]) -> str:
        if match[2] not in HEIGHTS:
            return match[0]
        narrow, wide = HEIGHTS[match[2]]
        return f'{match[1]} style="--ls-narrow: {narrow}px; --ls-wide: {wide}px"'

    if context.get("body"):
        context["body"] = HOST.sub(with_room, STILL.sub(named, context["body"]))


def setup(app: Any) -> None:
    app.connect("html-page-context", as_files)
