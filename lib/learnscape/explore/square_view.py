"""A square matrix among the numbers of a kernel: a view of a stretch of its outputs, for library kernels that take matrices.

NumPy's ``reshape`` calls a routine of Numba's runtime, which a page does not have. This view is made by hand, from the same memory.
"""

from __future__ import annotations

from typing import Any

import numba
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from learnscape.explore.core import FloatArray
from learnscape.numerics.jit import kernel

__all__ = ["square_view"]


@intrinsic
def _native(typing: Any, flat: Any, n: Any) -> Any:
    """Numba's array of the same data with two axes."""
    square = types.Array(flat.dtype, 2, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source = make_array(signature.args[0])(context, builder, arguments[0])
        side, item = arguments[1], source.itemsize
        made = make_array(signature.return_type)(context, builder)
        populate_array(
            made,
            data=source.data,
            shape=cgutils.pack_array(builder, [side, side]),
            strides=cgutils.pack_array(builder, [builder.mul(side, item), item]),
            itemsize=item,
            meminfo=source.meminfo,
            parent=source.parent,
        )
        return impl_ret_borrowed(context, builder, signature.return_type, made._getvalue())

    return square(flat, types.intp), generate


def _plain(flat: FloatArray, n: int) -> FloatArray:
    """The same without a compiler."""
    return flat[: n * n].reshape((n, n))


_view: Any = _plain if numba.config.DISABLE_JIT else _native


@kernel
def square_view(flat: FloatArray, n: int) -> FloatArray:
    """The first n squared numbers as an (n, n) matrix that shares their memory.

    Examples
    --------
    >>> import numpy as np
    >>> row = np.zeros(4)
    >>> square_view(row, 2)[1, 0] = 7.0
    >>> row.tolist()
    [0.0, 0.0, 7.0, 0.0]
    """
    view: FloatArray = _view(flat, n)
    return view
