"""Gaussian tail functions (first version on libm; the vectorising kernels follow)."""
from __future__ import annotations
import math
import numpy as np
from learnscape.numerics.jit import kernel

SQRT1_2 = 0.7071067811865476

@kernel
def h_kernel(x):
    return 0.5 * math.erfc(x * SQRT1_2)

@kernel
def log_h_kernel(x):
    if x < 30.0:
        return math.log(0.5 * math.erfc(x * SQRT1_2))
    return -0.5 * x * x - math.log(x * 2.5066282746310002) - 1.0 / (x * x)

@kernel
def inverse_mills_kernel(x):
    if x < 30.0:
        return 0.3989422804014327 * math.exp(-0.5 * x * x) / (0.5 * math.erfc(x * SQRT1_2))
    return x + 1.0 / x - 2.0 / x**3
