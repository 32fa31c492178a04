"""The scalar kernels: accuracy, special values, and the way they are compiled."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import mpmath as mp
import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnscape.numerics import _polynomials
from learnscape.numerics import gaussian as g

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def fit():
    spec = importlib.util.spec_from_file_location("fit_gaussian", ROOT / "tools/fit_gaussian.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def relative(got: float, exact: mp.mpf) -> float:
    return float(abs(mp.mpf(float(got)) / exact - 1))


@given(x=st.floats(-700, 709))
def test_exp(x):
    with mp.workdps(30):
        assert relative(g.exp_kernel(x), mp.exp(x)) < 3e-16


@given(x=st.floats(-700, 700).filter(lambda x: abs(x) > 1e-300))
def test_expm1(x):
    with mp.workdps(330):
        assert relative(g.expm1_kernel(x), mp.expm1(x)) < 4e-16


@given(x=st.floats(5e-324, 1.7e308))
def test_log(x):
    with mp.workdps(40):
        assert x == 1.0 or relative(g.log_kernel(x), mp.log(x)) < 3e-16


@given(x=st.floats(-1e-3, 1e-3))
def test_log_near_one(x):
    with mp.workdps(40):
        assert g.log_kernel(1.0) == 0.0
        assert 1.0 + x == 1.0 or relative(g.log_kernel(1.0 + x), mp.log(1.0 + x)) < 3e-16


@given(x=st.floats(-0.999, 1e12).filter(lambda x: abs(x) > 1e-300))
def test_log1p(x):
    with mp.workdps(330):
        assert relative(g.log1p_kernel(x), mp.log1p(mp.mpf(x))) < 6e-16


@given(x=st.floats(-400, 400).filter(lambda x: abs(x) > 1e-300))
def test_tanh(x):
    with mp.workdps(400):
        assert relative(g.tanh_kernel(x), mp.tanh(mp.mpf(x))) < 1e-15


@given(x=st.floats(-1e6, 1e6))
def test_log_2cosh(x):
    with mp.workdps(40):
        a = mp.mpf(abs(x))
        assert relative(g.log_2cosh_kernel(x), a + mp.log1p(mp.exp(-2 * a))) < 1e-15


@given(x=st.floats(0, 1e8))
def test_mills_is_scaled_erfc(x):
    from scipy.special import erfcx

    assert math.isclose(g.mills_kernel(x), math.sqrt(math.pi / 2) * erfcx(x / math.sqrt(2)), rel_tol=2e-15)


@given(x=st.floats(-1e8, 1e8))
def test_pair_equals_its_members(x):
    assert g.log_h_and_inverse_mills_kernel(x) == (g.log_h_kernel(x), g.inverse_mills_kernel(x))


def test_special_values():
    inf, nan = math.inf, math.nan
    assert [g.exp_kernel(v) for v in (0.0, -inf, inf, -750.0, 710.0)] == [1.0, 0.0, inf, 0.0, inf]
    assert [g.log_kernel(v) for v in (0.0, inf, 1.0)] == [-inf, inf, 0.0]
    assert [g.expm1_kernel(v) for v in (0.0, -inf, -1e3)] == [0.0, -1.0, -1.0]
    assert [g.tanh_kernel(v) for v in (0.0, inf, -inf)] == [0.0, 1.0, -1.0]
    assert math.copysign(1.0, g.tanh_kernel(-0.0)) == -1.0
    assert [g.log_2cosh_kernel(v) for v in (inf, -inf, 0.0)] == [inf, inf, math.log(2.0)]
    assert math.isnan(g.log_kernel(-1.0))
    assert math.isclose(g.exp_kernel(-745.0), 5e-324)
    for kernel in (g.exp_kernel, g.log_kernel, g.expm1_kernel, g.tanh_kernel, g.log_2cosh_kernel):
        assert math.isnan(kernel(nan)), kernel
    for kernel in (g.h_kernel, g.log_h_kernel, g.inverse_mills_kernel, g.mills_kernel):
        assert math.isnan(kernel(nan)), kernel


def test_committed_polynomials_are_what_the_tool_derives(fit):
    numbers = re.compile(r"-?\s?\d+\.\d+(?:e[-+]\d+)?")

    def coefficients(text: str) -> list[float]:
        return [float(n.replace(" ", "")) for n in numbers.findall(text)]

    derived = coefficients(fit.module_text())
    assert len(derived) > 40
    assert coefficients(Path(_polynomials.__file__).read_text()) == derived


@pytest.mark.parametrize("name", ["expm1_tail", "atanh_tail", "mills_factor"])
def test_polynomials_approximate_their_function(fit, name):
    low, high = {"expm1_tail": (-0.3466, 0.3466), "atanh_tail": (1e-6, 0.0294), "mills_factor": (-1.0, 0.99)}[
        name
    ]
    with mp.workdps(60):
        for x in np.linspace(low, high, 37):
            assert (
                relative(getattr(_polynomials, name)(float(x)), getattr(fit, name)(mp.mpf(float(x)))) < 2e-15
            )


def _features() -> set[str]:
    """Names of what the processor can do."""
    import llvmlite.binding as llvm

    return {name for name, present in llvm.get_host_cpu_features().items() if present}


KERNELS = [
    "exp_kernel",
    "log_kernel",
    "tanh_kernel",
    "log_2cosh_kernel",
    "h_kernel",
    "log_h_kernel",
    "inverse_mills_kernel",
]


@pytest.mark.parametrize("name", KERNELS)
def test_machine_code_needs_no_library(name):
    """What WebAssembly needs: no call to the C library, no allocation, no Numba run time."""
    point = getattr(g, name)

    @numba.njit(["void(float64[::1], float64[::1])"], error_model="numpy")
    def fill(x, out):
        for i in range(x.size):
            out[i] = point(x[i])

    (text,) = fill.inspect_llvm().values()
    called = set(re.findall(r"call [^@\n]*@([\w.]+)\(", text))
    # The Python wrapper around the loop talks to the interpreter and hands back its references; nothing else may.
    wrapper = {"NRT_adapt_ndarray_from_python", "NRT_decref", "NRT_MemInfo_call_dtor"}
    foreign = {f for f in called - wrapper if not f.startswith(("llvm.", "Py", "_Py", "numba_", "_ZN"))}
    assert not foreign, foreign
    assert re.search(r"<\d+ x double>", text), "the loop was not vectorised"


@pytest.mark.skipif("avx512f" not in _features(), reason="the processor has no AVX-512")
@pytest.mark.parametrize(
    "fill", [g._fill_h, g._fill_log_h, g._fill_inverse_mills], ids=lambda fill: fill.__name__
)
def test_long_arrays_use_whole_registers(fill):
    fresh = numba.njit(["void(float64[::1], float64[::1])"], error_model="numpy")(fill.py_func)
    (text,) = fresh.inspect_asm().values()
    assert re.search(r"vdivpd[^\n]*zmm", text)


@pytest.mark.timing
def test_faster_than_the_c_library():
    @numba.njit(error_model="numpy")
    def with_libm(x, out):
        for i in range(x.size):
            out[i] = 0.5 * math.erfc(x[i] * 0.7071067811865476)

    x = np.random.default_rng(0).normal(size=4096) * 3
    ours, theirs = np.empty_like(x), np.empty_like(x)

    def best(function, out):
        function(x, out)
        times = []
        for _ in range(200):
            start = time.perf_counter()
            function(x, out)
            times.append(time.perf_counter() - start)
        return min(times)

    ratio = best(with_libm, theirs) / best(g._fill_h, ours)
    assert np.allclose(ours, theirs, rtol=1e-13)
    assert ratio > 2, f"only {ratio:.2f} times faster"


SAMPLE = """
import json, sys
import learnscape.numerics.gaussian as g
names = %r
points = [-1e8, -38.0, -9.5, -1.0, -1e-9, 0.0, 0.3, 1.0, 4.0, 17.25, 38.2, 1e8]
clip = lambda n, x: abs(x) if n == "log_kernel" else min(x, 700.0) if n == "exp_kernel" else x
table = {n: [float(getattr(g, n)(clip(n, x))).hex() for x in points] for n in names}
table["H"] = [v.hex() for v in g.H(points).tolist()]
table["compiled"] = hasattr(g.h_kernel, "py_func")
print(json.dumps(table))
"""


def test_python_body_equals_machine_code_bit_by_bit():
    tables = []
    for disabled in ("0", "1"):
        out = subprocess.run(
            [sys.executable, "-W", "error", "-c", SAMPLE % KERNELS],
            env={**os.environ, "NUMBA_DISABLE_JIT": disabled},
            capture_output=True,
            text=True,
            check=True,
        )
        tables.append(json.loads(out.stdout))
    assert [t.pop("compiled") for t in tables] == [True, False]
    assert tables[0] == tables[1]


def test_import_compiles_nothing():
    code = """
import numba.core.event as event
seen = []
class Listener(event.Listener):
    def on_start(self, e): seen.append(e)
    def on_end(self, e): pass
with event.install_listener("numba:compile", Listener()):
    import learnscape.numerics.gaussian as g
    import learnscape.numerics.fixed_point, learnscape.numerics.rng
    assert not seen, seen
    import numba
    numba.njit(lambda x: x + 1)(1)  # the listener does hear a compilation
    assert seen
"""
    subprocess.run([sys.executable, "-c", code], check=True)
