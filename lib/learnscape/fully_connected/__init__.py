r"""Fully-connected ReLU networks: parameters, output, gradient and Jacobian, and compiled training, for all patterns at once.

The network with inputs x of length d, hidden layers of widths n_1, ..., n_L and one linear output is

    a_0 = x,   a_l = max(0, W_l a_{l-1} + b_l)  for l = 1, ..., L,   f = W_{L+1} a_L + b_{L+1}.

Everything that computes with such networks stands on this package: :mod:`learnscape.jamming.networks` and whatever else trains
one. Chapter: ``jamming/deep-networks``.
"""

from __future__ import annotations

from learnscape.fully_connected.backpropagation import activations, backpropagated, gradient, jacobian, output
from learnscape.fully_connected.blocks import as_blocks, as_inputs
from learnscape.fully_connected.layout import (
    as_sizes,
    count_parameters,
    count_weights,
    layers,
    orthogonal_parameters,
)

__all__ = [
    "activations",
    "as_blocks",
    "as_inputs",
    "as_sizes",
    "backpropagated",
    "count_parameters",
    "count_weights",
    "gradient",
    "jacobian",
    "layers",
    "orthogonal_parameters",
    "output",
]
