"""Compile the kernels of the explorables to WebAssembly and store them beside the library.

python tools/build_wasm.py [names]      all of them without names; needs wasm-ld (package lld)
"""

from __future__ import annotations

import sys

from learnscape.explore import REGISTRY
from learnscape.explore.wasm import exporter, path


def main(names: list[str]) -> None:
    unknown = sorted(set(names) - set(REGISTRY))
    if unknown:
        sys.exit(f"not an explorable: {', '.join(unknown)}; there are {', '.join(sorted(REGISTRY))}")
    compiled = [name for name in names or sorted(REGISTRY) if REGISTRY[name]().table is None]
    for name, data in exporter.build(*compiled).items():
        path(name).write_bytes(data)
        print(f"{path(name)}  {len(data)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
