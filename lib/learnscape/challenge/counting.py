"""The one kernel that reads a pasted solution and counts what it violates, in integers; Python runs it, and so does the page as WebAssembly.

The patterns are made on the way, bit by bit, from the seed: nothing is stored and nothing is shipped.
"""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learnscape.challenge.series import SIZES, Instance, stream_word
from learnscape.errors import require
from learnscape.numerics.bits import count_bits
from learnscape.numerics.jit import inlined, kernel

__all__ = [
    "INPUTS",
    "KERNEL",
    "LONGEST",
    "OUTPUTS",
    "RESULTS",
    "STATUS",
    "WASM",
    "count",
    "fields",
    "request",
    "size",
]

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
VALUES = np.full(128, -1, np.int64)
VALUES[[ord(letter) for letter in ALPHABET]] = np.arange(64)

LONGEST = 4 * -(-max(SIZES) // 24)
"""Letters of the longest solution."""
HEAD = 6
INPUTS = HEAD + LONGEST
"""Inputs: seed, N, P, smallest and largest w.xi, number of letters, then their codes."""
RESULTS = ("status", "where", "violated", "first", "field", "smallest", "largest")
"""The first outputs. ``where``: position of the letter at fault, from 1; ``first``: number of the first violated pattern, from 0, or -1; ``field``:
its w.xi; ``smallest``, ``largest``: of all w.xi. The bits follow, in numbers of 32."""
OUTPUTS = len(RESULTS) + 2 * -(-max(SIZES) // 64)
STATUS = {"read": 0, "empty": 1, "space": 2, "letter": 3, "padding": 4, "length": 5, "ending": 6, "beyond": 7}
"""What is wrong with a text."""
READ, EMPTY, SPACE, LETTER, PADDING, LENGTH, ENDING, BEYOND = STATUS.values()
START = len(RESULTS)
EQUALS = ord("=")


@inlined
def _is_space(code: Any) -> Any:
    return 9 <= code <= 13 or code == 32 or code == 160


@kernel
def _read(inputs: Any, outputs: Any) -> Any:
    """Decode the letters to numbers of 32 bits, bit i of the solution being bit i mod 32 of number i div 32; returns a status."""
    n, length = int(inputs[1]), int(inputs[5])
    n_bytes = (n + 7) // 8
    needed = 4 * ((n_bytes + 2) // 3)
    letters = (8 * n_bytes + 5) // 6  # the others are "="
    if length == 0:
        return EMPTY
    ending = 0
    for k in range(min(length, inputs.size - HEAD)):
        code = int(inputs[HEAD + k])
        outputs[1] = k + 1.0
        if _is_space(code):
            return SPACE
        if code == EQUALS:
            ending += 1
        elif code < 0 or code > 127 or VALUES[code] < 0:
            return LETTER
        elif ending > 0:
            outputs[1] = float(k)
            return PADDING
    if length != needed:
        return LENGTH
    if ending != needed - letters:
        return ENDING
    for k in range(letters):
        outputs[1] = k + 1.0
        value = VALUES[int(inputs[HEAD + k])]
        for b in range(6):  # six bits, the highest first; in a byte the bit of weight 2^i is bit i
            if (value >> (5 - b)) & 1:
                place = 6 * k + b
                i = 8 * (place // 8) + 7 - place % 8
                if i >= n:
                    return BEYOND
                outputs[START + i // 32] += float(1 << (i % 32))
    return READ


@inlined
def _field(seed: Any, n: Any, mu: Any, weights: Any, start: Any) -> Any:
    """w.xi of one pattern; the weights are numbers of 32 bits from ``weights[start]`` on."""
    n_words = (n + 63) // 64
    keep = ~np.uint64(0) >> np.uint64(64 * n_words - n)
    different = np.uint64(0)
    for j in range(n_words):
        w = np.uint64(weights[start + 2 * j]) | (np.uint64(weights[start + 2 * j + 1]) << np.uint64(32))
        word = w ^ stream_word(seed, np.uint64(mu * n_words + j))
        different += count_bits(word & keep if j == n_words - 1 else word)
    return n - 2 * np.int64(different)


@kernel
def _read_and_count(inputs: Any, outputs: Any) -> None:
    """Read a solution and count: ``inputs`` and ``outputs`` as :data:`INPUTS` and :data:`RESULTS` say."""
    outputs[:] = 0.0
    outputs[0] = _read(inputs, outputs)
    if outputs[0] != READ:
        return
    seed, n, p = np.uint64(inputs[0]), np.int64(inputs[1]), np.int64(inputs[2])
    low, high = np.int64(inputs[3]), np.int64(inputs[4])
    violated, first, first_field = 0, -1, 0
    smallest, largest = n, -n
    for mu in range(p):
        field = _field(seed, n, mu, outputs, START)
        smallest, largest = min(smallest, field), max(largest, field)
        if field < low or field > high:
            if violated == 0:
                first, first_field = mu, field
            violated += 1
    outputs[1] = 0.0
    outputs[2], outputs[3], outputs[4] = float(violated), float(first), float(first_field)
    outputs[5], outputs[6] = float(smallest), float(largest)


KERNEL = _read_and_count
"""What is compiled for the page (``python tools/build_wasm.py learnscape.challenge.counting``)."""
WASM = Path(__file__).with_name("counting.wasm")
"""Where that lies."""


@kernel
def _all_fields(seed: Any, weights: Any, n: Any, out: Any) -> None:
    for mu in range(out.size):
        out[mu] = _field(seed, n, mu, weights, 0)


def size(n: int) -> tuple[int, int]:
    """Number of letters of a solution with N weights, and how many of them are "=".

    Examples
    --------
    >>> size(1001), size(25)
    ((168, 0), (8, 2))
    """
    n_bytes = -(-n // 8)
    return 4 * -(-n_bytes // 3), -n_bytes % 3


def request(instance: Instance) -> list[int]:
    """The kernel's inputs before the letters."""
    return [instance.seed, instance.n, instance.p, *instance.bounds]


def count(instance: Instance, text: str) -> dict[str, int]:
    """The kernel's results for one text."""
    codes = [ord(letter) for letter in text[:LONGEST]]
    inputs, outputs = np.zeros(INPUTS), np.zeros(OUTPUTS)
    inputs[: HEAD + len(codes)] = [*request(instance), len(text), *codes]
    KERNEL(inputs, outputs)
    return {name: int(value) for name, value in zip(RESULTS, outputs[:START], strict=True)}


def fields(instance: Instance, weights: NDArray[np.int8]) -> NDArray[np.int64]:
    """w.xi of every pattern, shape (P,)."""
    require(weights.shape == (instance.n,), "weights.shape", weights.shape, f"({instance.n},)")
    halves = np.zeros((1, 2 * -(-instance.n // 64)), np.uint32)
    packed = np.packbits(weights > 0, bitorder="little")
    halves.view(np.uint8)[0, : packed.size] = packed
    out = np.empty(instance.p, np.int64)
    _all_fields(np.uint64(instance.seed), halves[0].astype(np.float64), instance.n, out)
    return out
