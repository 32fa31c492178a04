"""Hinge network beside PyTorch on one core: gradient of the loss, a step of Adam, the exact Hessian.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/hinge_network.py
The contestants take turns within one process; every time is the best of many repetitions. Without torch the peer's columns stay empty.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core for both; must precede the import of numpy
os.environ.setdefault("OMP_NUM_THREADS", "1")

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from learnscape.fully_connected.hinge import loss_and_gradient
from learnscape.jamming.networks import HingeNetwork, random_data, train

try:
    import torch
except ImportError:
    torch = None


def best_ms(contestants: list[Callable[[], Any] | None], repeats: int) -> list[float]:
    """Best time of each in milliseconds, taking turns after one call that compiles; NaN for a missing one."""
    best = [np.inf if one else np.nan for one in contestants]
    for turn in range(repeats + 1):
        for i, one in enumerate(contestants):
            if one is None:
                continue
            begin = time.perf_counter()
            one()
            if turn:
                best[i] = min(best[i], 1e3 * (time.perf_counter() - begin))
    return best


def torch_model(network: HingeNetwork) -> Any:
    """The same network in PyTorch."""
    if torch is None:
        return None
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    modules: list[Any] = []
    for matrix in network.layers():
        linear = torch.nn.Linear(matrix.shape[1] - 1, matrix.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(matrix[:, :-1]))
            linear.bias.copy_(torch.tensor(matrix[:, -1]))
        modules += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1])


def torch_gradient(model: Any, x: Any, y: Any) -> Any:
    """The whole gradient as one writes it first; PyTorch's layout of the parameters (weights, then biases of each layer)."""
    model.zero_grad(set_to_none=True)
    loss = 0.5 * (1 - y * model(x).view(-1)).clamp(min=0).square().mean()
    loss.backward()
    return loss


def torch_hessian(model: Any, x: Any, y: Any) -> Any:
    """Row by row, the unsatisfied patterns only: one backward pass through the gradient for every parameter."""
    parameters = list(model.parameters())
    with torch.no_grad():
        active = (1 - y * model(x).view(-1)) > 0
    loss = 0.5 * (1 - y[active] * model(x[active]).view(-1)).square().sum() / len(y)
    first = torch.autograd.grad(loss, parameters, create_graph=True)
    starts = np.cumsum([0] + [p.numel() for p in parameters])
    total = torch.zeros(starts[-1], starts[-1])
    for k, g in enumerate(first):
        for i, entry in enumerate(g.reshape(-1)):  # the later parameters only; the rest follows by symmetry
            row = torch.autograd.grad(entry, parameters[k:], retain_graph=True, allow_unused=True)
            for l, (part, p) in enumerate(zip(row, parameters[k:], strict=True), start=k):
                if part is not None:
                    total[starts[k] + i, starts[l] : starts[l] + p.numel()] = part.reshape(-1)
    return torch.triu(total) + torch.triu(total, 1).T


def to_torch_order(network: HingeNetwork) -> np.ndarray:
    """Positions of PyTorch's parameters in our flat vector."""
    numbered = network.copy()
    numbered.parameters = np.arange(network.n_parameters, dtype=float)
    pieces = [piece for m in numbered.layers() for piece in (m[:, :-1].ravel(), m[:, -1])]
    return np.concatenate(pieces).astype(int)


def line(task: str, ours: float, peer: float, target: float, difference: float) -> None:
    if np.isnan(peer):
        print(f"{task:44s} {ours:10.3f} {'-':>10s} {'-':>7s}")
        return
    verdict = "met" if peer / ours >= target else "MISSED"
    print(
        f"{task:44s} {ours:10.3f} {peer:10.3f} {peer / ours:7.1f}   target {target:.0f}: {verdict}   {difference:.0e}"
    )


def main() -> None:
    if torch is None:
        print("torch not installed: pip install '.[torch]'")
    print(f"{'task (ms)':44s} {'learnscape':>10s} {'torch':>10s} {'ratio':>7s}   {'':14s} difference")

    network = HingeNetwork(20, 30, 3, rng=1)
    x, y = random_data(3 * network.n_weights, 20, rng=2)
    trained = train(network, x, y, steps=3000).network
    for name, start in (("at the start", network), ("after 3000 steps", trained)):
        blocks, labels, p = start.prepare(x, y)
        total, sizes = np.empty(start.n_parameters), np.array(start.sizes)
        model = torch_model(start)
        peer, difference = None, np.nan
        if model is not None:
            data = torch.tensor(x), torch.tensor(y)

            peer = partial(torch_gradient, model, *data)
            peer()
            theirs = torch.cat([p.grad.reshape(-1) for p in model.parameters()]).numpy()
            difference = float(np.abs(start.gradient(x, y)[to_torch_order(start)] - theirs).max())

        arguments = (start.parameters, sizes, blocks, labels, p, 1.0, total)
        share = np.mean(start.delta(x, y) > 0)
        times = best_ms([partial(loss_and_gradient, *arguments), peer], 40)
        line(f"gradient d=20 h=30 L=3 P=3N {name} ({share:.0%})", *times, 2.0, difference)

    small = HingeNetwork(20, 20, 3, rng=1)
    x, y = random_data(2 * small.n_parameters, 20, rng=2)
    for name, start in (
        ("at the start", small),
        ("after 1000 steps", train(small, x, y, steps=1000).network),
    ):
        model = torch_model(start)
        peer, difference = None, np.nan
        if model is not None:
            data = torch.tensor(x), torch.tensor(y)

            peer = partial(torch_hessian, model, *data)
            order = to_torch_order(start)
            difference = float(np.abs(start.hessian(x, y).total[np.ix_(order, order)] - peer().numpy()).max())
        share = np.mean(start.delta(x, y) > 0)
        times = best_ms([partial(start.hessian, x, y), peer], 3)
        line(f"Hessian h=20 L=3 n=1281 P=2n {name} ({share:.0%})", *times, 5.0, difference)


if __name__ == "__main__":
    main()
