"""Compile the kernels of the explorables, and of the verifier of the Perceptron Challenge, to WebAssembly and store them beside the library.

python tools/build_wasm.py [names]      all of them without names; needs wasm-ld (package lld)
"""

from __future__ import annotations

import sys

from learnscape.challenge import counting
from learnscape.explore import REGISTRY
from learnscape.explore.wasm import exporter, path

OTHERS = {counting.__name__: counting.WASM}
"""Module with a kernel -> where its WebAssembly lies."""


def main(names: list[str]) -> None:
    known = [*sorted(REGISTRY), *OTHERS]
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.exit(f"nothing to compile: {', '.join(unknown)}; there are {', '.join(known)}")
    compiled = [name for name in names or known if name in OTHERS or REGISTRY[name]().table is None]
    for name, data in exporter.build(*compiled).items():
        file = OTHERS[name] if name in OTHERS else path(name)
        file.write_bytes(data)
        print(f"{file}  {len(data)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
