"""Build the explorables' ES module and style sheet, which are committed, from lib/learnscape/page/js.

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
    if not (BUNDLE / "node_modules" / "esbuild").exists():
        subprocess.run([npm, "ci", "--ignore-scripts"], cwd=BUNDLE, check=True)
    subprocess.run([npm, "run", "--silent", "build"], cwd=BUNDLE, check=True)
    static = BUNDLE.parent.parent / "lib" / "learnscape" / "page" / "static"
    for file in sorted(static.glob("learnscape.*")):
        print(f"{file}  {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
