"""The verifier of the page: the committed WebAssembly, run by the page's own modules, says word for word what Python says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from learnscape.challenge import counting, encode, find, instances, verify
from learnscape.challenge.leaderboard import records
from learnscape.challenge.verifier import Verifier, judge
from learnscape.explore.wasm import exporter
from learnscape.page import __file__ as page_file

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")
needs_linker = pytest.mark.skipif(exporter.linker() is None, reason="wasm-ld is not installed (package lld)")


def answers() -> list[str]:
    """Records, random weights for every instance, and texts that cannot be read."""
    rng = np.random.default_rng(3)
    given = [f"{record.instance.name} {record.solution}" for record in records()]
    given += [f"{i.name} {encode(rng.choice([-1, 1], i.n))}" for i in instances()]
    broken = [
        "",
        " ",
        "A",
        "A=A",
        "====",
        "A" * 7,
        "AAAAAA==",
        "AAAAAB==",
        "AAAAAAA=",
        "AAAAAAAA",
        "AAA AAA==",
        "AAAé",
    ]
    broken += [
        "AA\u2028A",
        "A\u00a0A",
        "\U0001d400AAA",
        "AA_-",
        "A" * 168,
        "A" * 167 + "/",
        "A" * 1668,
        "A" * 1669,
        "A" * 5000,
    ]
    names = ("asymmetric-25-10", "symmetric-1001-1001", "asymmetric-10001-5001")
    return given + [f"{name} {text}" for name in names for text in broken]


@needs_node
def test_the_page_says_what_python_says() -> None:
    data = json.loads(re.search(r"<script[^>]*>(.*?)</script>", Verifier().html(), re.S)[1])
    job = {"folder": str(Path(page_file).parent / "js"), "answers": answers(), **data}
    script = str(Path(__file__).with_name("recount.mjs"))
    done = subprocess.run([NODE, script], input=json.dumps(job), capture_output=True, text=True, check=True)
    for answer, found in zip(answers(), json.loads(done.stdout), strict=True):
        expected = judge(answer)
        assert (found["status"], found["text"]) == (expected.status, expected.text), answer[:60]


@needs_linker
@pytest.mark.slow
def test_kernel_of_today_gives_the_committed_module() -> None:
    name = counting.__name__
    assert exporter.build(name)[name] == counting.WASM.read_bytes(), f"run python tools/build_wasm.py {name}"


def test_with_a_kernel_python_counts() -> None:
    widget = Verifier().widget()
    widget.submission = {"count": 1, "answer": "asymmetric-21-1 xyUI"}
    assert widget.feedback["status"] == "correct"
    assert widget.feedback["count"] == 1
    assert "kernel" not in widget.spec, "nothing of the static page travels"
    assert verify(find("asymmetric-21-1"), "xyUI").solved
