"""A loop within a budget, with a bar, that the reader may end without losing what was found."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from tqdm.auto import tqdm

from learnscape.errors import require

__all__ = ["Budget"]


class Budget:
    """What a search may still do; the block below it ends early at Ctrl-C, which is noted and not raised.

    So the block keeps its best outside, whole at any time.

    Examples
    --------
    >>> with Budget(3, "sweep") as budget:
    ...     while budget.left:
    ...         budget.spend(errors=7)
    >>> budget.made, budget.interrupted
    (3, False)
    """

    def __init__(self, total: int, unit: str, progress: bool = False) -> None:
        require(isinstance(progress, bool), "progress", progress, "True or False")
        self.made = 0
        self.left = total
        self.interrupted = False
        self._bar: Any = tqdm(total=total, unit=unit, disable=not progress, dynamic_ncols=True)

    def spend(self, made: int = 1, **shown: object) -> None:
        """So many units were made; ``shown`` stands beside the bar."""
        self.made += made
        self.left -= made
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update(made)

    def __enter__(self) -> Budget:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> bool:
        self._bar.close()
        self.interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
        return self.interrupted
