"""The WebAssembly of the explorables: the committed file is what the kernel gives today, and it answers as Numba does."""

from __future__ import annotations

import base64
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from learnscape.explore import REGISTRY, Explorable, wasm
from learnscape.explore.actions import ADVANCE, RESTART
from learnscape.explore.wasm import exporter
from learnscape.page import __file__ as page_file

HERE = Path(__file__).parent
SCRIPTS = Path(page_file).parent / "js"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")
needs_linker = pytest.mark.skipif(exporter.linker() is None, reason="wasm-ld is not installed (package lld)")
STEPS = 4
NAMES = [name for name in sorted(REGISTRY) if REGISTRY[name]().table is None]
# At every commit all committed modules answer as Numba does; that building them again gives the same is tried on some.
SOME = NAMES if os.environ.get("FULL") == "1" else NAMES[::9]


def _run(file: Path, spec: dict[str, Any], calls: dict[str, Any]) -> np.ndarray:
    job = {"evaluator": str(SCRIPTS / "evaluate.js"), "path": str(file), "spec": spec, **calls}
    done = subprocess.run(
        [NODE, str(HERE / "run_wasm.mjs")], input=json.dumps(job), capture_output=True, text=True, check=True
    )
    return np.frombuffer(base64.b64decode(done.stdout))


def _random_calls(explorable: Explorable, rng: np.random.Generator) -> dict[str, Any]:
    values = []
    for control in explorable.controls:
        if control.kind == "select":
            values.append(float(rng.choice(list(control.options.values()))))
        else:
            whole = control.step * rng.integers(round((control.max - control.min) / control.step) + 1)
            values.append(float(np.clip(control.min + whole, control.min, control.max)))
    seed = int(rng.integers(1, 100))
    steps = STEPS if explorable.simulation is not None else 0
    return {"values": values, "actions": [RESTART, *[ADVANCE] * steps], "seed": seed}


def _compare(explorable: Explorable, file: Path, draws: int) -> None:
    rng = np.random.default_rng(3)
    for _ in range(draws):
        calls = _random_calls(explorable, rng)
        named = dict(zip([c.name for c in explorable.controls], calls["values"], strict=True))
        extra = (
            {"steps": len(calls["actions"]) - 1, "seed": calls["seed"]}
            if explorable.simulation is not None
            else {}
        )
        expected = np.concatenate(list(explorable.evaluate(**extra, **named).values()))
        np.testing.assert_allclose(
            _run(file, explorable.spec(), calls), expected, rtol=1e-12, atol=1e-12, err_msg=str(named)
        )


@needs_node
@pytest.mark.parametrize("name", NAMES)
def test_committed_module_answers_as_numba_does(name: str) -> None:
    assert wasm.path(name).stat().st_size < 80_000
    _compare(REGISTRY[name](), wasm.path(name), draws=4)


@pytest.fixture(scope="module")
def built_today() -> dict[str, bytes]:
    return exporter.build(*SOME)


@needs_node
@needs_linker
@pytest.mark.slow
@pytest.mark.parametrize("name", SOME)
def test_kernel_of_today_gives_the_committed_module(
    built_today: dict[str, bytes], name: str, tmp_path: Path
) -> None:
    fresh = tmp_path / f"{name}.wasm"
    fresh.write_bytes(built_today[name])
    calls = _random_calls(REGISTRY[name](), np.random.default_rng(5))
    one, two = (_run(file, REGISTRY[name]().spec(), calls) for file in (fresh, wasm.path(name)))
    np.testing.assert_allclose(
        two, one, rtol=1e-12, atol=1e-12, err_msg=f"run python tools/build_wasm.py {name}"
    )


@needs_linker
def test_the_same_bytes_each_time_and_in_any_company(built_today: dict[str, bytes]) -> None:
    assert exporter.build(SOME[-1])[SOME[-1]] == built_today[SOME[-1]]


@needs_linker
@needs_node
def test_functions_of_math_are_what_the_page_answers_with(tmp_path: Path) -> None:
    """None of our explorables needs one, so nothing else would notice that a name is missing."""
    script = """
import math, sys
from pathlib import Path
from learnscape.explore.wasm import exporter
from learnscape.numerics.jit import kernel

@kernel
def functions(inputs, outputs):
    x = inputs[0]
    outputs[0], outputs[1], outputs[2], outputs[3] = math.acos(x), math.asin(x), math.atan(x), math.atan2(x, 2.0)
    outputs[4], outputs[5], outputs[6], outputs[7] = math.cos(x), math.cosh(x), math.exp(x), math.expm1(x)
    outputs[8], outputs[9], outputs[10], outputs[11] = math.log(x), math.log1p(x), math.pow(x, 1.5), math.sin(x)
    outputs[12], outputs[13], outputs[14] = math.sinh(x), math.tan(x), math.tanh(x)

Path(sys.argv[1]).write_bytes(exporter.link(exporter.retarget(*exporter.compile_ir(functions, 1, 15))))
"""
    (tmp_path / "kernels.py").write_text(script, encoding="utf-8")
    environment = {**os.environ, **exporter.ENVIRONMENT, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-W", "ignore", str(tmp_path / "kernels.py"), str(tmp_path / "math.wasm")]
    subprocess.run(command, env=environment, check=True)
    x, names = 0.37, sorted(exporter.MATH_IMPORTS)
    two = {"atan2": (x, 2.0), "pow": (x, 1.5)}
    spec = {"controls": [0], "size": len(names), "actions": {"restart": RESTART}}
    found = _run(tmp_path / "math.wasm", spec, {"values": [x], "actions": [RESTART], "seed": 0})
    np.testing.assert_allclose(
        found, [getattr(math, name)(*two.get(name, (x,))) for name in names], rtol=1e-14
    )


@needs_linker
def test_what_the_page_does_not_have_is_refused() -> None:
    script = """
import math
import numpy as np
from learnscape.explore.wasm import exporter
from learnscape.numerics.jit import kernel
TABLE = np.arange(4.0)

@kernel
def needs_erf(inputs, outputs):
    outputs[0] = math.erf(inputs[0]) + TABLE[int(inputs[0])]

@kernel
def allocates(inputs, outputs):
    outputs[0] = np.ones(int(inputs[0])).sum()

@kernel
def uses_table_and_exp(inputs, outputs):
    outputs[0] = math.exp(inputs[0]) * TABLE[2]

@kernel
def becomes_exp2(inputs, outputs):
    outputs[0] = 2.0 ** inputs[0]

for function in (needs_erf, allocates, becomes_exp2, uses_table_and_exp):
    try:
        data = exporter.link(exporter.retarget(*exporter.compile_ir(function, 1, 1)))
        print(function.__name__, "works", len(data) < 4000)
    except exporter.ExportError as error:
        print(function.__name__, error)
"""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kernels.py"
        file.write_text(script, encoding="utf-8")
        environment = {**os.environ, **exporter.ENVIRONMENT, "NUMBA_CACHE_DIR": folder}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", str(file)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    lines = done.stdout.strip().splitlines()
    assert len(lines) == 4, done.stderr
    assert lines[0] == "needs_erf the kernel calls erf, which the page does not have"
    assert lines[1].startswith("allocates the kernel calls NRT_")
    assert lines[2].startswith("becomes_exp2 the linker refuses the kernel")
    assert lines[2].endswith("undefined symbol: exp2")
    assert lines[3] == "uses_table_and_exp works True"
