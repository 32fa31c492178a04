"""Numba kernel -> LLVM -> WebAssembly, ahead of time, so that a static page runs the library's own code.

Experimental, and tied to the locked versions of Numba and llvmlite: there is no public interface for it. The steps:

1. Numba compiles ``entry(inputs*, outputs*)``, which wraps the two pointers in arrays of known length and calls the kernel, *without*
   optimising, so that nothing about the machine at hand (pointer size, vector width) is folded into the code.
2. The module's target is replaced by wasm32 (pointers of 4 bytes; Numba's 64-bit indices are truncated when addresses are formed),
   everything but the entry becomes internal, reference counting becomes empty (no array is ever allocated), and LLVM optimises.
3. LLVM writes an object file and ``wasm-ld`` (package ``lld``) links it.

What a kernel may use: float64 arrays and scalars, other kernels, global constant arrays, integers of 64 bits, sqrt, fabs, floor.
``exp``, ``log`` and the like are taken from the page's ``Math`` object, which differs in the last digit between machines; use those of
``learnscape.numerics.gaussian``. No allocation, no exceptions, no ``np.random``, no slices that make new arrays of unknown size.
What cannot be exported raises :class:`ExportError` with the name of what is missing.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["MATH_IMPORTS", "ExportError", "build", "linker"]

MATH_IMPORTS = frozenset(
    {
        "acos",
        "asin",
        "atan",
        "atan2",
        "cos",
        "cosh",
        "exp",
        "expm1",
        "log",
        "log1p",
        "pow",
        "sin",
        "sinh",
        "tan",
        "tanh",
    }
)
"""C names that the page answers with ``Math.<name>``."""

LAYOUT = "e-m:e-p:32:32-p10:8:8-p20:8:8-i64:64-i128:128-n32:64-S128-ni:1:10:20"
TRIPLE = "wasm32-unknown-unknown"
FEATURES = "+bulk-memory,+sign-ext,+nontrapping-fptoint"  # in every browser since 2021
STACK_BYTES = 16384
ENVIRONMENT = {
    "NUMBA_CPU_NAME": "generic",
    "NUMBA_CPU_FEATURES": "",
    "NUMBA_OPT": "0",
    "NUMBA_LOOP_VECTORIZE": "0",
    "NUMBA_SLP_VECTORIZE": "0",
    "NUMBA_DISABLE_JIT": "0",
    "PYTHONHASHSEED": "0",
}


class ExportError(RuntimeError):
    """The kernel uses something that does not exist in the page."""


def linker() -> str | None:
    """Path of ``wasm-ld``, or None."""
    return shutil.which("wasm-ld") or next(
        (path for v in range(21, 13, -1) if (path := shutil.which(f"wasm-ld-{v}"))), None
    )


def build(*names: str) -> dict[str, bytes]:
    """Name -> WebAssembly module of what is so called, compiled in a process of its own.

    A name is that of a registered explorable, or that of a module of the library whose ``KERNEL``, ``INPUTS`` and ``OUTPUTS`` say the same.

    A module's export ``kernel(ret, exc, inputs, outputs)`` takes four addresses (``ret`` and ``exc`` are 16 bytes of scratch of Numba's
    calling convention) and returns 0.
    """
    if linker() is None:
        raise ExportError("wasm-ld was not found: install LLVM's linker (package lld)")
    with tempfile.TemporaryDirectory() as folder:
        # A cache of its own: Numba's does not notice that a helper in another file has changed.
        environment = {**os.environ, **ENVIRONMENT, "NUMBA_CACHE_DIR": folder}
        command = [sys.executable, "-W", "ignore", "-m", "learnscape.explore.wasm.exporter", folder, *names]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ExportError(done.stderr.strip() or "the exporter stopped without a word")
        return {name: (Path(folder) / f"{name}.wasm").read_bytes() for name in names}


def compile_ir(kernel: Any, inputs: int, outputs: int) -> tuple[str, str]:
    """Numba's LLVM code for ``entry`` and the entry's name in it."""
    from numba import types

    numba: Any = importlib.import_module("numba")  # options that its type stubs do not know

    def entry(inputs_at: Any, outputs_at: Any) -> None:
        kernel(numba.carray(inputs_at, inputs), numba.carray(outputs_at, outputs))

    compiled = numba.njit(error_model="numpy", no_cfunc_wrapper=True, no_cpython_wrapper=True)(entry)
    pointer = types.CPointer(types.float64)
    compiled.compile((pointer, pointer))
    (signature,) = compiled.signatures
    return compiled.inspect_llvm(signature), compiled.overloads[signature].fndesc.mangled_name


def retarget(code: str, entry: str) -> bytes:
    """LLVM code for this machine -> object file for wasm32."""
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    code = re.sub(r'target datalayout = "[^"]*"', f'target datalayout = "{LAYOUT}"', code)
    code = re.sub(r'target triple = "[^"]*"', f'target triple = "{TRIPLE}"', code)
    code = re.sub(r'"(target-cpu|target-features|probe-stack)"="[^"]*"', "", code)
    code = re.sub(r" = common (local_unnamed_addr )?global", " = internal global", code)
    code = re.sub(r"@sqrt\(", "@llvm.sqrt.f64(", code)  # Numba calls the C function; wasm has an instruction
    module = llvm.parse_assembly(_without_counting(code).replace(entry, "kernel"))
    module.verify()
    for item in [*module.functions, *module.global_variables]:
        if not item.is_declaration and item.name != "kernel":
            item.linkage = "internal"
    target = llvm.Target.from_triple(TRIPLE)
    machine = target.create_target_machine(opt=3, cpu="mvp", features=FEATURES)
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    _refuse_unknown(module)
    data: bytes = machine.emit_object(module)
    return data


def _without_counting(code: str) -> str:
    """Make reference counting empty: arrays are borrowed memory without an owner, for which Numba does nothing either."""
    for name in ("NRT_incref", "NRT_decref"):
        code = re.sub(rf"^define[^\n]*@{name}\(.*?^}}\n", "", code, flags=re.M | re.S)
        code = re.sub(rf"^declare[^\n]*@{name}\([^\n]*\n", "", code, flags=re.M)
        code += f"\ndefine internal void @{name}(ptr %counted) alwaysinline {{\n  ret void\n}}\n"
    return code


def _refuse_unknown(module: Any) -> None:
    needed = {f.name for f in module.functions if f.is_declaration and not f.name.startswith("llvm.")}
    missing = sorted(needed - MATH_IMPORTS)
    if missing:
        raise ExportError(f"the kernel calls {', '.join(missing)}, which the page does not have")
    if re.search(r"^@[^\n]*inttoptr \(i64 \d+", str(module), flags=re.M):
        raise ExportError(
            "the kernel uses an object of the running Python, such as a global array above 1 MB"
        )


def link(obj: bytes) -> bytes:
    """Object file -> module that exports ``kernel``, ``memory`` and ``__heap_base``."""
    tool = linker()
    assert tool is not None
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "kernel.o", Path(folder) / "kernel.wasm"
        source.write_bytes(obj)
        # Code generation may add names of its own (2.0**p becomes exp2): only those that the page answers may stay open.
        answered = Path(folder) / "answered"
        answered.write_text("\n".join(sorted(MATH_IMPORTS)), encoding="utf-8")
        flags = [
            "--no-entry",
            f"--allow-undefined-file={answered}",
            "--export=kernel",
            "--export=__heap_base",
            "--strip-all",
            "--gc-sections",
            "-O2",
        ]
        command = [
            tool,
            *flags,
            "--stack-first",
            "-z",
            f"stack-size={STACK_BYTES}",
            str(source),
            "-o",
            str(target),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ExportError(f"the linker refuses the kernel: {done.stderr.strip()}")
        return target.read_bytes()


def _kernel_of(name: str) -> tuple[Any, int, int]:
    """Kernel, number of inputs, number of outputs."""
    from learnscape.explore import REGISTRY

    if name in REGISTRY:
        found = REGISTRY[name]()
        return found.kernel, len(found.inputs({})), found.n_outputs
    module = importlib.import_module(name)
    return module.KERNEL, module.INPUTS, module.OUTPUTS


def _main(folder: str, *names: str) -> None:
    for name in names:
        code, entry = compile_ir(*_kernel_of(name))
        try:
            (Path(folder) / f"{name}.wasm").write_bytes(link(retarget(code, entry)))
        except ExportError as error:
            raise SystemExit(f"{name}: {error}") from error


if __name__ == "__main__":
    _main(*sys.argv[1:])
