"""Floor 3: sweeps, a pure function over a grid of parameters and seeds, from a laptop to a cluster.

:func:`sweep` runs every point once a seed, in processes of this machine or on the workers of a Dask cluster, and keeps the results in
Parquet files with their provenance; :func:`load` returns them as a table, :func:`pack` makes one file of what is finished. An interrupted sweep goes on where it was. Needs the extra
``sweeps`` (``pip install learnscape[sweeps]``). Chapter: start/sweeps.
"""

from __future__ import annotations

try:
    import cloudpickle  # noqa: F401
    import filelock  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow  # noqa: F401
    import threadpoolctl  # noqa: F401
except ImportError as error:
    raise ImportError(
        f"{error}: learnscape.sweeps needs its extra, pip install 'learnscape[sweeps]'"
    ) from error

from learnscape.sweeps._driver import sweep
from learnscape.sweeps._pack import pack, unpack
from learnscape.sweeps._results import export, failures, load, provenance, status
from learnscape.sweeps._store import DiskFullError, SweepError

__all__ = [
    "DiskFullError",
    "SweepError",
    "export",
    "failures",
    "load",
    "pack",
    "provenance",
    "status",
    "sweep",
    "unpack",
]
