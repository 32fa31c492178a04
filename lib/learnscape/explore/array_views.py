"""Matrices among the numbers of a kernel: views of a stretch of its outputs, for library kernels that take matrices of numbers or bits.

NumPy's ``reshape`` and ``view`` call routines of Numba's runtime, which a page does not have. These views are made by hand, from the same memory.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from learnscape.explore.core import FloatArray
from learnscape.numerics.jit import kernel

__all__ = ["byte_rows", "number_rows", "square_view", "word_rows"]


def _native(kind: Any) -> Any:
    """Numba's array of the same memory with two axes and items of this kind."""

    @intrinsic
    def view(typing: Any, flat: Any, rows: Any, columns: Any) -> Any:
        matrix = types.Array(kind, 2, "C")

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            source = make_array(signature.args[0])(context, builder, arguments[0])
            item_type = context.get_data_type(kind)
            item = context.get_constant(types.intp, context.get_abi_sizeof(item_type))
            made = make_array(signature.return_type)(context, builder)
            populate_array(
                made,
                data=builder.bitcast(source.data, item_type.as_pointer()),
                shape=cgutils.pack_array(builder, arguments[1:]),
                strides=cgutils.pack_array(builder, [builder.mul(arguments[2], item), item]),
                itemsize=item,
                meminfo=source.meminfo,
                parent=source.parent,
            )
            return impl_ret_borrowed(context, builder, signature.return_type, made._getvalue())

        return matrix(flat, types.intp, types.intp), generate

    return view


def _plain(kind: Any) -> Any:
    """The same without a compiler."""
    return lambda flat, rows, columns: flat.view(kind)[: rows * columns].reshape((rows, columns))


_compiled = not getattr(numba.config, "DISABLE_JIT", 0)
_numbers: Any = _native(types.float64) if _compiled else _plain(np.float64)
_words: Any = _native(types.uint64) if _compiled else _plain(np.uint64)
_bytes: Any = _native(types.uint8) if _compiled else _plain(np.uint8)


@kernel
def number_rows(flat: FloatArray, rows: int, columns: int) -> FloatArray:
    """The first numbers as a matrix that shares their memory.

    Examples
    --------
    >>> import numpy as np
    >>> row = np.zeros(6)
    >>> number_rows(row, 2, 3)[1, 0] = 7.0
    >>> row.tolist()
    [0.0, 0.0, 0.0, 7.0, 0.0, 0.0]
    """
    view: FloatArray = _numbers(flat, rows, columns)
    return view


@kernel
def square_view(flat: FloatArray, n: int) -> FloatArray:
    """The first n squared numbers as an (n, n) matrix that shares their memory."""
    view: FloatArray = _numbers(flat, n, n)
    return view


@kernel
def word_rows(flat: FloatArray, rows: int, columns: int) -> Any:
    """The same memory as rows of words of 64 bits, one in the place of each number."""
    return _words(flat, rows, columns)


@kernel
def byte_rows(flat: FloatArray, rows: int, columns: int) -> Any:
    """The same memory as rows of bytes, eight in the place of each number.

    Examples
    --------
    >>> import numpy as np
    >>> byte_rows(np.ones(1), 2, 4).tolist()
    [[0, 0, 0, 0], [0, 0, 240, 63]]
    """
    return _bytes(flat, rows, columns)
