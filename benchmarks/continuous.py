"""Training and measures of small ReLU networks beside PyTorch, or NumPy where torch is not installed: the same batches, the same numbers.

One hidden layer of 40 units on 1000 digits, batches of 32. Every method takes the same steps on both sides, so that after three epochs parameters agree to rounding. The
peer's gradient is automatic differentiation in PyTorch (one thread, double precision), or backpropagation written for this network in NumPy; all else is written once, for
either. Both sides take turns on one core; times are the best of several, in processor time. Errors on a path take longer here than in the peer: each network is normalised
before it is asked, so that no scale overflows.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/continuous.py [numpy]       (with "numpy": NumPy although torch is there)
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core for both; must precede the import of numpy
os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from _clock import best

from learnscape.fully_connected import layers, orthogonal_parameters
from learnscape.learn import continuous
from learnscape.real_data import digits

try:
    import torch
except ImportError:
    torch = None

Array = np.ndarray
D, UNITS, BATCH, STEP, EPOCHS, REPLICAS = 10, 40, 32, 0.1, 3, 5
SIZES = (D, UNITS, 1)
ROWS = UNITS * (D + 1)
SIGMAS, DRAWS = (0.1, 0.2, 0.4), 30


def numpy_output(w: Array, x: Array) -> Array:
    first, last = w[:ROWS].reshape(UNITS, D + 1), w[ROWS:]
    return np.maximum(x @ first[:, :-1].T + first[:, -1], 0.0) @ last[:-1] + last[-1]


def numpy_gradient(w: Array, x: Array, y: Array) -> Array:
    """Of the mean logistic loss."""
    first, last = w[:ROWS].reshape(UNITS, D + 1), w[ROWS:]
    z = x @ first[:, :-1].T + first[:, -1]
    on = np.maximum(z, 0.0)
    slope = -y / (1.0 + np.exp(y * (on @ last[:-1] + last[-1]))) / len(x)
    back = np.where(z > 0.0, slope[:, None] * last[:-1], 0.0)
    below = np.column_stack([back.T @ x, back.sum(axis=0)])
    return np.concatenate([below.ravel(), slope @ on, [slope.sum()]])


def torch_gradient(w: Any, x: Any, y: Any) -> Any:
    w = w.detach().requires_grad_()
    first, last = w[:ROWS].view(UNITS, D + 1), w[ROWS:]
    f = torch.relu(torch.nn.functional.linear(x, first[:, :-1], first[:, -1])) @ last[:-1] + last[-1]
    return torch.autograd.grad(torch.nn.functional.softplus(-y * f).mean(), w)[0]


def order_of(order: Array, random: np.random.Generator) -> Array:
    """Shuffled as the library's kernels do it."""
    for left, u in zip(range(len(order), 1, -1), random.random(len(order) - 1), strict=True):
        chosen = int(u * left)
        order[[chosen, left - 1]] = order[[left - 1, chosen]]
    return order.copy()


def orders(p: int, copies: int) -> list[list[Array]]:
    """For each epoch those of the copies."""
    random = np.random.default_rng(1)
    now = [np.arange(p) for _ in range(copies)]
    return [[order_of(one, random) for one in now] for _ in range(EPOCHS)]


def peer_replicated(
    gradient: Any, start: Any, x: Any, y: Any, shuffled: list[list[Any]], gamma: float
) -> Any:
    """Replicas that are drawn to their mean after each batch; the mean. One replica: plain descent."""
    replicas = [start + 0.0 for _ in shuffled[0]]
    for number, epoch in enumerate(shuffled):
        pull = STEP * gamma * 1.1**number if len(replicas) > 1 else 0.0
        for first in range(0, len(y), BATCH):
            for a, order in enumerate(epoch):
                chosen = order[first : first + BATCH]
                replicas[a] = replicas[a] - STEP * gradient(replicas[a], x[chosen], y[chosen])
            centre = sum(replicas) / len(replicas)
            if pull:
                replicas = [w + pull * (centre - w) for w in replicas]
    return centre


def peer_entropy(gradient: Any, start: Any, x: Any, y: Any, shuffled: list[list[Any]]) -> Any:
    """A walker on a spring, without noise; the centre, which follows its running mean."""
    centre, walker, mean, made = start + 0.0, start + 0.0, start + 0.0, 0
    for number, (order,) in enumerate(shuffled):
        gamma = 0.1 * 1.01**number
        for first in range(0, len(y), BATCH):
            chosen = order[first : first + BATCH]
            walker = walker - STEP * (gradient(walker, x[chosen], y[chosen]) - gamma * (centre - walker))
            mean = 0.75 * mean + 0.25 * walker
            made += 1
            if made % 20 == 0:
                centre = walker = mean
    return centre


def numpy_local_energy(w: Array, x: Array, y: Array) -> Array:
    rng, fractions = np.random.default_rng(1), np.empty((DRAWS, len(SIGMAS)))
    for draw in range(DRAWS):
        for k, sigma in enumerate(SIGMAS):
            noisy = w * (1.0 + sigma * rng.standard_normal(w.size))
            for new, old in zip(layers(noisy, SIZES), layers(w, SIZES), strict=True):
                new *= np.linalg.norm(old) / np.linalg.norm(new)
            fractions[draw, k] = np.mean(y * numpy_output(noisy, x) <= 0.0)
    return fractions.mean(axis=0)


def numpy_path(a: Array, b: Array, x: Array, y: Array) -> Array:
    return np.array(
        [np.mean(y * numpy_output((1.0 - t) * a + t * b, x) <= 0.0) for t in np.linspace(0.0, 1.0, 49)]
    )


def main() -> None:
    data = digits(D, train=1000)
    x, y = np.array(data.x_train), np.array(data.y_train)
    start = orthogonal_parameters(SIZES, rng=1)
    with_torch = torch is not None and "numpy" not in sys.argv[1:]
    if with_torch:
        torch.set_num_threads(1)
        gradient, convert = torch_gradient, torch.from_numpy
    else:
        gradient, convert = numpy_gradient, np.asarray
    peer = "torch" if with_torch else "NumPy"
    there = tuple(map(convert, (start, x, y)))
    alone, together = (
        [[convert(o) for o in epoch] for epoch in orders(len(y), copies)] for copies in (1, REPLICAS)
    )
    common: dict[str, Any] = {
        "step": STEP,
        "batch": BATCH,
        "max_epochs": EPOCHS,
        "start": start,
        "rng": 1,
        "stop_loss": 1e-9,
    }
    a, b = (
        continuous.normalised(continuous.train(SIZES, x, y, rng=r, max_epochs=100).parameters, SIZES)
        for r in (1, 2)
    )
    tasks: list[tuple[str, str, Callable[[], Array], Callable[[], Array], float, int]] = [
        (
            "plain descent, an epoch", peer,
            lambda: continuous.train(SIZES, x, y, **common).replicas[0],
            lambda: peer_replicated(gradient, *there, alone, 0.0),
            6.0 if with_torch else 1.2, EPOCHS,
        ),
        (
            "Entropy-SGD, an epoch", peer,
            lambda: continuous.entropy_sgd(SIZES, x, y, noise=0.0, **common).replicas[0],
            lambda: peer_entropy(gradient, *there, alone),
            6.0 if with_torch else 1.5, EPOCHS,
        ),
        (
            f"{REPLICAS} replicas, an epoch", peer,
            lambda: continuous.replicated_sgd(SIZES, x, y, coupling=(0.1, 1.1), **common).replicas.mean(axis=0),
            lambda: peer_replicated(gradient, *there, together, 0.1),
            12.0 if with_torch else 2.5, EPOCHS,
        ),
        (
            f"local energy, {DRAWS * len(SIGMAS)} networks", "NumPy",
            lambda: continuous.local_energy(a, SIZES, x, y, SIGMAS, DRAWS, rng=1).energy,
            lambda: numpy_local_energy(a, x, y) - np.mean(y * numpy_output(a, x) <= 0.0),
            2.0, 1,
        ),
        (
            "path error, 49 networks", "NumPy",
            lambda: continuous.path_error(a, b, SIZES, x, y).error,
            lambda: numpy_path(a, b, x, y),
            0.4, 1,
        ),
    ]  # fmt: skip
    print(f"{'task':32s} {'ms':>9s} {'peer ms':>9s} {'':6s} {'ratio':>7s}   {'target':>7s}   apart")
    failed = []
    for name, who, ours, theirs, target, parts in tasks:
        difference = float(np.abs(np.asarray(ours()) - np.asarray(theirs())).max())
        mine, other = (t / parts for t in best([ours, theirs], 7))
        print(
            f"{name:32s} {mine:9.3f} {other:9.3f} {who:6s} {other / mine:7.1f}   {target:5g} x   {difference:.1e}",
            flush=True,
        )
        if not difference < 1e-9:
            failed.append(f"{name}: apart by {difference:.2g}")
        if other < target * mine:
            failed.append(f"{name}: {other / mine:.2f} times faster than {who}, not {target:g}")
    if not with_torch:
        print("beside NumPy; for PyTorch: pip install '.[torch]'")
    if failed:
        sys.exit("MISSED\n" + "\n".join(failed))


if __name__ == "__main__":
    main()
