"""Write the book's fonts, which are committed, from the npm packages that tools/bundle locks.

python tools/make_fonts.py          needs brotli (`pip install brotli`) and the packages: run tools/build_bundle.py first
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

PACKAGES = Path(__file__).resolve().parent / "bundle" / "node_modules"
VENDOR = PACKAGES.parents[2] / "_ext" / "learnscape_book" / "vendor"
TEXT = PACKAGES / "@fontsource-variable"
FORMULAS = PACKAGES / "mathjax-full" / "es5" / "output" / "chtml" / "fonts" / "woff-v2"
AMS = FORMULAS / "MathJax_AMS-Regular.woff"
MATHJAX = VENDOR / "mathjax" / "fonts"
FEATURES = ["ccmp", "kern", "liga", "locl", "mark", "mkmk", "tnum"]
WEIGHTS = (400, 700)
LETTERS_END = 0x80
COPYRIGHT = 0  # this entry reserves the name Source for the unchanged fonts


def is_letter(code: int) -> bool:
    """Double-struck letters stand at the places of the plain ones; most pages need nothing else of that font."""
    return code < LETTERS_END


def write(source: Path, target: Path, wanted: Callable[[int], bool] = lambda code: True) -> None:
    """The wanted characters of ``source``, without hints for coarse screens and without weights that no page shows."""
    font = TTFont(source, recalcTimestamp=False)
    cutter = Subsetter(Options(hinting=False, layout_features=FEATURES, drop_tables=["FFTM"]))
    cutter.populate(unicodes=filter(wanted, font.getBestCmap()))
    cutter.subset(font)
    if "fvar" in font:
        font = instantiateVariableFont(font, {"wght": WEIGHTS})
    for record in font["name"].names:
        if record.nameID != COPYRIGHT:
            record.string = record.toUnicode().replace("Source", "Learnscape")
    font.flavor = "woff2"
    font.save(target)
    print(f"{target.name}  {source.stat().st_size} -> {target.stat().st_size} bytes")


def main() -> None:
    for name in ("source-serif-4", "source-sans-3"):
        for style in ("normal", "italic"):
            file = f"{name}-latin-wght-{style}.woff2"
            write(TEXT / name / "files" / file, VENDOR / "fonts" / file)
    for file in sorted(FORMULAS.glob("*.woff")):
        if "AMS" not in file.stem:
            write(file, MATHJAX / f"{file.stem}.woff2")
    write(AMS, MATHJAX / "MathJax_AMS-Letters.woff2", is_letter)
    write(AMS, MATHJAX / "MathJax_AMS-Regular.woff2", lambda code: not is_letter(code))


if __name__ == "__main__":
    main()
