"""Hinge network beside PyTorch on one core: gradient of the loss, and the exact Hessian.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/hinge_network.py
The contestants take turns within one process; every time is the best of many repetitions, in seconds of the processor, so that other work on the machine
counts little. The peer's Hessian has one backward pass for every row, through the unsatisfied patterns only and for half of each row, the rest follows by
symmetry. A missed target is said and makes the script fail. Without torch the peer's columns stay empty.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core for both; must precede the import of numpy
os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
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
            begin = time.process_time()
            one()
            if turn:
                best[i] = min(best[i], 1e3 * (time.process_time() - begin))
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


def line(task: str, ours: float, peer: float, target: float, difference: float) -> bool:
    """Print one comparison; True if the target is missed."""
    if np.isnan(peer):
        print(f"{task:44s} {ours:10.3f} {'-':>10s} {'-':>7s}")
        return False
    missed = peer < target * ours
    verdict = f"target {target:g}: {'MISSED' if missed else 'met'}"
    print(f"{task:44s} {ours:10.3f} {peer:10.3f} {peer / ours:7.1f}   {verdict:14s} {difference:.0e}")
    return missed


def gradients(inputs: int, width: int, depth: int, load: float, target: float) -> bool:
    """One gradient, at the start and after training; True if a target is missed."""
    network = HingeNetwork(inputs, width, depth, rng=1)
    x, y = random_data(round(load * network.n_weights), inputs, rng=2)
    missed = False
    for name, start in (("start", network), ("trained", train(network, x, y, steps=3000).network)):
        blocks, labels, p = start.prepare(x, y)
        total, sizes = np.empty(start.n_parameters), np.array(start.sizes)
        peer, difference = None, np.nan
        model = torch_model(start)
        if model is not None:
            peer = partial(torch_gradient, model, torch.tensor(x), torch.tensor(y))
            peer()
            theirs = torch.cat([q.grad.reshape(-1) for q in model.parameters()]).numpy()
            difference = float(np.abs(start.gradient(x, y)[to_torch_order(start)] - theirs).max())
        ours = partial(loss_and_gradient, start.parameters, sizes, blocks, labels, p, 1.0, total)
        share = np.mean(start.delta(x, y) > 0)
        task = f"gradient d={inputs} h={width} L={depth} P={p} {name} ({share:.0%})"
        missed |= line(task, *best_ms([ours, peer], 100), target, difference)
    return missed


def hessians(inputs: int, width: int, depth: int, target: float) -> bool:
    """The exact Hessian with P = 2n, at the start and after training; True if a target is missed."""
    network = HingeNetwork(inputs, width, depth, rng=1)
    n = network.n_parameters
    x, y = random_data(2 * n, inputs, rng=2)
    missed = False
    for name, start in (("start", network), ("trained", train(network, x, y, steps=1000).network)):
        peer, difference = None, np.nan
        model = torch_model(start)
        if model is not None:
            peer = partial(torch_hessian, model, torch.tensor(x), torch.tensor(y))
            order = to_torch_order(start)
            difference = float(np.abs(start.hessian(x, y).total[np.ix_(order, order)] - peer().numpy()).max())
        share = np.mean(start.delta(x, y) > 0)
        task = f"Hessian h={width} L={depth} n={n} P=2n {name} ({share:.0%})"
        missed |= line(task, *best_ms([partial(start.hessian, x, y), peer], 3), target, difference)
    return missed


def main() -> bool:
    """All comparisons; True if a target is missed."""
    if torch is None:
        print("torch not installed: pip install '.[torch]'")
    print(f"{'task (ms)':44s} {'learnscape':>10s} {'torch':>10s} {'ratio':>7s}   {'':14s} difference")
    # at width 30 most of the time goes into matrix products, which both take from a library
    missed = [
        gradients(*shape) for shape in ((14, 14, 2, 2.9, 4.0), (9, 9, 5, 2.9, 4.0), (20, 30, 3, 3.0, 2.5))
    ]
    missed += [hessians(20, 20, 3, 15.0), hessians(10, 12, 2, 15.0)]
    return any(missed)


if __name__ == "__main__":
    sys.exit(main())
