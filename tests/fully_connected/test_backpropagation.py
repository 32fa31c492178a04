"""Output, gradient and Jacobian of fully-connected ReLU networks against loops, finite differences and each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from learnscape import fully_connected

ARCHITECTURES = [(3, 4, 1), (5, 6, 6, 1), (4, 7, 3, 5, 2, 1), (1, 1, 1)]


def problem(sizes: tuple[int, ...], p: int) -> tuple[np.ndarray, np.ndarray]:
    """Parameters with biases that are not zero, and patterns."""
    rng = np.random.default_rng([*sizes, p])
    parameters = fully_connected.orthogonal_parameters(sizes, rng=rng)
    return parameters + 0.3 * rng.standard_normal(parameters.size), rng.standard_normal((p, sizes[0]))


def by_loops(parameters: np.ndarray, sizes: tuple[int, ...], x: np.ndarray) -> list[float]:
    """The definition, neuron by neuron, with its own reading of the flat vector."""
    outputs = []
    for pattern in x:
        values, at = list(pattern), 0
        for layer, size in enumerate(sizes[1:]):
            new = []
            for _ in range(size):
                z = sum(w * a for w, a in zip(parameters[at : at + len(values)], values, strict=True))
                z += parameters[at + len(values)]
                at += len(values) + 1
                new.append(max(z, 0.0) if layer < len(sizes) - 2 else z)
            values = new
        assert at == len(parameters)
        outputs.append(values[0])
    return outputs


@pytest.mark.kernels
@pytest.mark.parametrize("sizes", ARCHITECTURES)
@pytest.mark.parametrize("p", [1, 127, 128, 130])
def test_output_by_definition(sizes: tuple[int, ...], p: int) -> None:
    parameters, x = problem(sizes, p)
    np.testing.assert_allclose(
        fully_connected.output(parameters, sizes, x), by_loops(parameters, sizes, x), rtol=1e-12, atol=1e-12
    )
    np.testing.assert_allclose(
        fully_connected.activations(parameters, sizes, x)[-1][:, 0],
        fully_connected.output(parameters, sizes, x),
        atol=1e-12,
    )


@pytest.mark.kernels
@pytest.mark.parametrize("sizes", ARCHITECTURES)
def test_jacobian_by_complex_step(sizes: tuple[int, ...]) -> None:
    """A complex step has no difference to cancel: the derivative of each neuron's linear piece to rounding error."""
    parameters, x = problem(sizes, 9)
    expected = np.empty((9, parameters.size))
    for i in range(parameters.size):
        moved = parameters.astype(complex)
        moved[i] += 1e-30j
        below, at = x.astype(complex), 0
        for layer, (fan_in, size) in enumerate(pairwise(sizes)):
            matrix = moved[at : at + size * (fan_in + 1)].reshape(size, fan_in + 1)
            at += matrix.size
            below = below @ matrix[:, :-1].T + matrix[:, -1]
            if layer < len(sizes) - 2:
                below = np.where(below.real > 0, below, 0)
        expected[:, i] = below[:, 0].imag / 1e-30
    np.testing.assert_allclose(
        fully_connected.jacobian(parameters, sizes, x), expected, rtol=1e-13, atol=1e-13
    )


@pytest.mark.kernels
@pytest.mark.parametrize("sizes", ARCHITECTURES)
@pytest.mark.parametrize("p", [1, 128, 300])
def test_gradient_is_the_jacobian_contracted(sizes: tuple[int, ...], p: int) -> None:
    parameters, x = problem(sizes, p)
    c = np.random.default_rng(p).standard_normal(p)
    expected = fully_connected.jacobian(parameters, sizes, x).T @ c
    np.testing.assert_allclose(
        fully_connected.gradient(parameters, sizes, x, c), expected, rtol=1e-11, atol=1e-11 * p
    )


def test_layers_are_views() -> None:
    parameters = np.zeros(fully_connected.count_parameters((3, 4, 1)))
    fully_connected.layers(parameters, (3, 4, 1))[1][0, -1] = 7.0
    assert parameters[-1] == 7.0
    assert fully_connected.count_weights((3, 4, 1)) == 16
    assert fully_connected.count_parameters((3, 4, 1)) == 21


def test_initial_weights_are_block_orthogonal_and_uniform() -> None:
    sizes = (4, 10, 6, 1)
    first, second, last = fully_connected.layers(
        fully_connected.orthogonal_parameters(sizes, gain=3.0, rng=5), sizes
    )
    for block in (first[:4, :4], first[4:8, :4], first[8:, :4], second[:, :10]):
        np.testing.assert_allclose(block @ block.T, np.eye(len(block)), atol=1e-14)
    assert abs(first[:4, :4] @ first[4:8, :4].T).max() > 0.1  # the blocks are independent of each other
    assert np.linalg.norm(last[0, :6]) == pytest.approx(3.0)
    assert not any(matrix[:, -1].any() for matrix in (first, second, last))
    # Without the fix of the signs the diagonal of Q would be biased; with it every entry has mean 0 and variance 1/2 in two dimensions.
    entries = np.array(
        [fully_connected.orthogonal_parameters((2, 2, 1), rng=seed)[[0, 1, 3, 4]] for seed in range(2000)]
    )
    assert np.abs(entries.mean(axis=0)).max() < 4 * np.sqrt(0.5 / 2000)
    assert np.abs((entries**2).mean(axis=0) - 0.5).max() < 4 * np.sqrt(0.125 / 2000)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fully_connected.as_sizes((3, 0, 1)), "sizes = "),
        (lambda: fully_connected.as_sizes((3, 2.5, 1)), "sizes = "),
        (lambda: fully_connected.as_sizes((3, 1)), "at least one hidden layer"),
        (lambda: fully_connected.as_sizes((3, 4, 2)), "one output"),
        (lambda: fully_connected.output(np.zeros(20), (3, 4, 1), np.zeros((2, 3))), "parameters.shape"),
        (lambda: fully_connected.output(np.zeros(21), (3, 4, 1), np.zeros((2, 4))), "x.shape"),
        (lambda: fully_connected.output(np.zeros(21), (3, 4, 1), np.zeros(3)), "x.shape"),
        (
            lambda: fully_connected.output(np.zeros(21), (3, 4, 1), np.full((2, 3), np.nan)),
            r"x\[0, 0\] = nan",
        ),
        (lambda: fully_connected.output(np.zeros(21), (3, 4, 1), [["a", "b", "c"]]), "x must be"),
        (
            lambda: fully_connected.gradient(np.zeros(21), (3, 4, 1), np.zeros((2, 3)), np.zeros(3)),
            "coefficients",
        ),
    ],
)
def test_bad_input(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]


def numbers() -> list[float]:
    """Numbers of every kernel of the module and of the hinge network's loops."""
    from learnscape.jamming import networks as hinge

    collected: list[float] = []
    for sizes in ARCHITECTURES[:3]:
        parameters, x = problem(sizes, 150)
        collected += fully_connected.output(parameters, sizes, x).tolist()
        collected += fully_connected.gradient(parameters, sizes, x, np.linspace(-1, 1, 150)).tolist()
    x, y = hinge.random_data(200, 4, rng=1)
    network = hinge.HingeNetwork(4, 6, 2, rng=2)
    collected += network.gradient(x, y).tolist()
    for method in ("adam", "gradient_flow", "fire"):
        collected += hinge.train(network, x, y, method=method, steps=20).deltas.tolist()
    return collected


def test_plain_python_equals_compiled() -> None:
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "OPENBLAS_NUM_THREADS": "1"}
    code = (
        "import importlib.util, numba\n"
        "assert numba.config.DISABLE_JIT\n"
        f"spec = importlib.util.spec_from_file_location('plain', {str(Path(__file__))!r})\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "print(module.json.dumps(module.numbers()))\n"
    )
    plain = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        cwd=root,
        timeout=120,
        check=False,
    )
    assert plain.returncode == 0, plain.stderr
    np.testing.assert_allclose(json.loads(plain.stdout), numbers(), rtol=1e-9, atol=1e-9)
