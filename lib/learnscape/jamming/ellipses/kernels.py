"""The contact function of two ellipses as compiled kernels on plain numbers, for code that is compiled itself.

Everyone else calls `learnscape.jamming.ellipses.contact`, which checks its input.
"""

from __future__ import annotations

from learnscape.jamming.ellipses._kernels import contact, shape, slopes

__all__ = ["contact", "shape", "slopes"]
