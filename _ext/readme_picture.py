"""Take the picture of the README from the built book: ``python _ext/readme_picture.py`` after ``make book``.

One wide image: a chapter's explorable in light, beside the same page in dark. Needs Chromium.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from local_site import serve

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "chapters" / "images" / "readme.png"
SIZE = {"width": 1000, "height": 750}
HIDE = ".bd-sidebar-primary, .bd-sidebar-secondary, .bd-header-article { display: none !important }"


def main() -> None:
    with serve(ROOT / "_build" / "html") as base, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        shots = []
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport=SIZE, color_scheme=scheme, reduced_motion="reduce")
            page.goto(f"{base}/chapters/index.html", wait_until="networkidle")
            page.add_style_tag(content=HIDE)
            page.wait_for_timeout(800)
            shots.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        browser.close()
    half = SIZE["width"] // 2
    picture = Image.new("RGB", (SIZE["width"], SIZE["height"]))
    picture.paste(shots[0].crop((0, 0, half, SIZE["height"])), (0, 0))
    picture.paste(shots[1].crop((half, 0, SIZE["width"], SIZE["height"])), (half, 0))
    TARGET.parent.mkdir(exist_ok=True)
    picture.quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        TARGET, optimize=True
    )
    print(TARGET.relative_to(ROOT), f"{TARGET.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main()
