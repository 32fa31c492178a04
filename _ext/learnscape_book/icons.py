"""The icons of the theme that a page shows, and no others.

The theme brings all of Font Awesome to every page, as a script of 1.5 megabytes and as fonts. Here its fonts are cut down to the
icons that the built pages, the theme's scripts and its style sheets name; with them goes a style sheet of their names.
"""

from __future__ import annotations

import functools
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pydata_sphinx_theme
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
AWESOME = next((THEME / "vendor" / "fontawesome").iterdir())
SHEET = "icons/icons.css"
FAMILIES = {  # file, family, weight, the variable by which the theme's style sheets name it, classes
    "fa-solid-900": ("Font Awesome 6 Free", 900, "--fa-font-solid", (".fas", ".fa-solid")),
    "fa-brands-400": ("Font Awesome 6 Brands", 400, "--fa-font-brands", (".fab", ".fa-brands")),
}
NAME = re.compile(r"\bfa-([a-z0-9-]+)")
CODE = re.compile(r"[\ue000-\uf8ff]|(?<=\\)f[0-9a-f]{3}\b")
SHAPE = """{classes} {{ display: var(--fa-display, inline-block); font: var({variable}); text-rendering: auto; -webkit-font-smoothing: antialiased; }}
"""


@functools.cache
def codes() -> dict[str, int]:
    """Icon name -> code point, from the style sheet of Font Awesome."""
    sheet = (AWESOME / "css" / "all.min.css").read_text(encoding="utf-8")
    rules = re.findall(r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}', sheet)
    return {name: int(code, 16) for names, code in rules for name in NAME.findall(names)}


def named(texts: list[str]) -> set[str]:
    """The icons that these pages or scripts name."""
    return {name for text in texts for name in NAME.findall(text) if name in codes()}


def drawn(texts: list[str]) -> set[int]:
    """The code points that these style sheets draw by themselves."""
    return {
        ord(found) if len(found) == 1 else int(found, 16) for text in texts for found in CODE.findall(text)
    }


def subset(font: str, points: set[int]) -> bytes:
    """The font with these characters only, as WOFF; empty if it has none of them."""
    full = TTFont(AWESOME / "webfonts" / f"{font}.ttf")
    present = points & set(full.getBestCmap())
    if not present:
        return b""
    options = Options(hinting=False, layout_features=[], notdef_outline=True)
    cutter = Subsetter(options)
    cutter.populate(unicodes=present)
    cutter.subset(full)
    full.flavor = "woff"
    full["head"].modified = full["head"].created  # the same bytes from the same icons
    full.recalcTimestamp = False
    out = BytesIO()
    full.save(out)
    return out.getvalue()


def write(static: Path, names: set[str], points: set[int]) -> None:
    """Fonts and style sheet below ``static``."""
    folder = (static / SHEET).parent
    folder.mkdir(parents=True, exist_ok=True)
    wanted = points | {codes()[name] for name in names}
    sheet = ""
    for font, (family, weight, variable, classes) in FAMILIES.items():
        content = subset(font, wanted)
        if not content:
            continue
        (folder / f"{font}.woff").write_bytes(content)
        sheet += f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-display: block; src: url({font}.woff) format("woff"); }}\n'
        sheet += f':root {{ {variable}: normal {weight} 1em/1 "{family}"; }}\n'
        sheet += SHAPE.format(classes=", ".join(classes), variable=variable)
    sheet += "".join(f'.fa-{name}::before {{ content: "\\{codes()[name]:x}"; }}\n' for name in sorted(names))
    (static / SHEET).write_text(sheet, encoding="utf-8")


def replace_in_templates(app: Any, config: Any) -> None:
    """The theme's list of what a page loads, with our style sheet instead of Font Awesome, and scripts after all that is seen."""
    macros = (THEME / "webpack-macros.html").read_text(encoding="utf-8")
    lines = [
        line
        for line in macros.splitlines()
        if "vendor/fontawesome" not in line and 'rel="preload" as="script"' not in line
    ]
    ours = f'<link href="{{{{ pathto(\'_static/{SHEET}\', 1) }}}}" rel="stylesheet" />'
    lines.insert(1 + next(i for i, line in enumerate(lines) if "macro head_pre_icons" in line), ours)
    late = "{% for script in late_scripts %}{{ js_tag(script) }}{% endfor %}"
    lines.insert(1 + next(i for i, line in enumerate(lines) if "macro body_post" in line), late)
    folder = Path(app.outdir).parent / "learnscape-templates"
    target = folder / "static" / "webpack-macros.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(lines), encoding="utf-8")
    config.templates_path.append(str(folder))


def finish(app: Any, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    pages = [file.read_text(encoding="utf-8") for file in out.glob("**/*.html")]
    scripts = [
        file.read_text(encoding="utf-8") for file in static.glob("**/*.js") if "vendor" not in file.parts
    ]
    sheets = [
        file.read_text(encoding="utf-8")
        for file in static.glob("**/*.css")
        if not {"vendor", "icons"} & set(file.parts)
    ]
    write(static, named(pages + scripts), drawn(sheets))
    for gone in (static / "vendor" / "fontawesome").glob("**/*"):
        if gone.is_file():
            gone.unlink()


def setup(app: Any) -> None:
    app.connect("config-inited", replace_in_templates)
    app.connect("build-finished", finish)
