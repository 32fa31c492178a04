"""A loop within a budget, with a bar, that the reader may end without losing what was found.

Ctrl-C is noted, and ends the loop when the kernel that runs has returned: raised at once, it would now and then hit Numba while that takes a random generator apart, which
kills the process (Numba 0.68). A second Ctrl-C is raised.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
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
        self.interrupted = False
        self._total = total
        self._handler: Callable[[int, FrameType | None], Any] | None = None  # of Ctrl-C, outside the block
        self._bar: Any = tqdm(total=total, unit=unit, disable=not progress, dynamic_ncols=True)

    @property
    def left(self) -> int:
        """Units that may still be made: none after Ctrl-C."""
        return 0 if self.interrupted else self._total - self.made

    def spend(self, made: int = 1, **shown: object) -> None:
        """So many units were made; ``shown`` stands beside the bar."""
        self.made += made
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update(made)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True

    def __enter__(self) -> Budget:
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler) and threading.current_thread() is threading.main_thread():
            self._handler = handler
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> bool:
        noted = self.interrupted
        stopped = kind is not None and issubclass(kind, KeyboardInterrupt)
        self.interrupted = noted or stopped
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)
            if noted and self._handler is not signal.default_int_handler:
                self._handler(signal.SIGINT, None)  # somebody else counts on it, such as a sweep
        self._bar.close()
        return stopped
