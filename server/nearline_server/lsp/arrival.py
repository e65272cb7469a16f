"""When a message began to come in, however long the event loop then took to look at it."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import BinaryIO


class StampedInput(io.RawIOBase):
    """A binary input, as pygls reads it: headers by `readline`, then the body by `read`, one message after the other.

    `began_s()` is when the first header of the message at hand was there. It is taken in the thread that waits for it.
    """

    def __init__(self, stream: BinaryIO, clock: Callable[[], float] = time.perf_counter) -> None:
        self._stream = stream
        self._clock = clock
        self._began_s = 0.0
        self._between = True

    def began_s(self) -> float:
        """By the clock."""
        return self._began_s

    def readline(self, size: int | None = -1, /) -> bytes:
        """A header, or the empty line behind them."""
        line = self._stream.readline(-1 if size is None else size)
        if self._between:
            self._began_s, self._between = self._clock(), False
        return line

    def read(self, size: int = -1, /) -> bytes:
        """The body."""
        self._between = True
        return self._stream.read(size)
