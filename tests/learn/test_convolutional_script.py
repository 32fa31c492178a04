"""The script behind the convolutional networks, at reduced size: its network, its solvers and its local energy against what they must be. Needs PyTorch."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

import learnscape

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")


@pytest.fixture
def script(root, monkeypatch):
    spec = importlib.util.spec_from_file_location(
        "convolutional_script", root / "chapters/data/convolutional.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "EPOCHS", 3)
    monkeypatch.setattr(module, "DRAWS", 2)
    return module


@pytest.fixture
def problem(script):
    """A network, a hundred images and their labels."""
    pixels, labels = script.images(None)
    return script.new(2, 8, torch.Generator().manual_seed(1)), torch.tensor(pixels[:100]), torch.tensor(
        labels[:100], dtype=torch.float32
    )  # fmt: skip


def test_the_network_by_hand(script, problem):
    """Filters as sums over shifted images, means over 2 x 2 pixels, in NumPy."""
    p, x, _ = problem
    z = x.numpy().astype(float)
    for weight, bias in ((p[0], p[1] + 0.1), (p[2], p[3] - 0.1)):
        w, side = weight.numpy().astype(float), z.shape[-1]
        around = np.pad(z, ((0, 0), (0, 0), (1, 1), (1, 1)))
        total = sum(
            np.einsum("pcij,dc->pdij", around[:, :, i : i + side, j : j + side], w[:, :, i, j])
            for i in range(3)
            for j in range(3)
        )
        z = np.maximum(total + bias.numpy()[:, None, None], 0.0)
        z = z.reshape(*z.shape[:2], side // 2, 2, side // 2, 2).mean(axis=(3, 5))
    expected = z.reshape(len(z), -1) @ p[4].numpy()[0] + p[5].numpy()
    q = [p[0], p[1] + 0.1, p[2], p[3] - 0.1, p[4], p[5]]
    np.testing.assert_allclose(script.output(q, x).numpy(), expected, atol=1e-5)


def test_copies_that_see_the_same_are_one(script, problem, monkeypatch):
    p, x, y = problem
    monkeypatch.setattr(script, "BATCH", 100)
    alone, epochs = script.train([p], x, y, torch.Generator().manual_seed(1))
    together, _ = script.train([p] * 3, x, y, torch.Generator().manual_seed(2))
    assert epochs == 3
    for one, other, start in zip(alone, together, p, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
        assert (one - start).abs().max() > 1e-4


def test_without_noise_the_local_energy_is_the_error(script, problem, monkeypatch):
    p, x, y = problem
    monkeypatch.setattr(script, "SIGMAS", (0.0, 100.0))
    still, lost = script.local_energy(p, x, y, torch.Generator().manual_seed(1))
    assert still == script.error(p, x, y)
    assert 0.2 < lost < 0.8


def test_every_solver_of_the_script(script):
    for solver in script.SOLVERS:
        found, again = (script.run(2, solver, np.random.default_rng(1), train_on=200) for _ in range(2))
        assert found == again
        assert found["parameters"] == 2 * 9 + 2 + 4 * 2 * 9 + 4 + 4 * 4 + 1
        assert 1 <= found["epochs"] <= 3
        assert 0.0 <= found["train_error"] <= 0.6
        assert len(found["local_energy"]) == len(script.SIGMAS)
    rows = learnscape.stored("convolutional")["runs"]
    assert {row["parameters"] for row in rows if row["channels"] == 2} == {found["parameters"]}
