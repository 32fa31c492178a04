"""Build the explorables' ES module and style sheet and the book's MathJax, which are committed, from lib/learnscape/page/js and npm.

python tools/build_bundle.py            needs Node and npm; installs the locked packages below tools/bundle on first use
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

BUNDLE = Path(__file__).resolve().parent / "bundle"


def main() -> None:
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm was not found: install Node (18 or newer)")
    if not (BUNDLE / "node_modules" / "mathjax-full").exists():
        subprocess.run([npm, "ci", "--ignore-scripts"], cwd=BUNDLE, check=True)
    subprocess.run([npm, "run", "--silent", "build"], cwd=BUNDLE, check=True)
    root = BUNDLE.parent.parent
    static = root / "lib" / "learnscape" / "page" / "static"
    for file in [
        *sorted(static.glob("learnscape.*")),
        root / "_ext/learnscape_book/vendor/mathjax/mathjax.js",
    ]:
        print(f"{file}  {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
