"""An attempt on its way into the ledger: opened before its first byte leaves, closed when it ends, however it does."""

from __future__ import annotations

from asyncio import CancelledError
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nearline_router.types import Chunk, Usage

if TYPE_CHECKING:
    from nearline_router.ledger.call import Call
    from nearline_router.ledger.records import Attempt
    from nearline_router.upstream import Upstream


@dataclass(slots=True)
class Seen:
    """What came of an attempt. `pieces` counts pieces of text; times are ms from when it was sent."""

    pieces: int = 0
    usage: Usage | None = None
    finished: bool = False
    ttft_ms: float | None = None
    total_ms: float = 0.0

    @property
    def content(self) -> bool:
        """Whether it shows that the endpoint has worked."""
        return self.finished or self.usage is not None or self.pieces > 0


class Side:
    """Where the attempts of a request come from, one after the other; a hedge has two sides, any other request one.

    `lost`: the other one has won, so that an attempt that is left from now on was left for that.
    """

    def __init__(self, call: Call | None = None) -> None:
        self._call = call
        self.lost = False

    def entry(self, upstream: Upstream) -> Entry:
        """For one more attempt, which begins when it leaves its queue; without a call it is told to nobody."""
        return Entry(self, self._call, upstream)


class Entry:
    """One attempt. It is closed once: the first end counts, and one that was never sent has none."""

    def __init__(self, side: Side, call: Call | None, upstream: Upstream) -> None:
        self._side = side
        self._call = call
        self._upstream = upstream
        self._attempt: Attempt | None = None
        self.sent = False
        self._sent_s = 0.0
        self._seen = Seen()

    def opened(self, queued_ms: float) -> None:
        """The next thing that happens is that the request is sent."""
        self.sent = True
        if self._call:
            self._sent_s = self._call.clock()
            self._attempt = self._call.opened(self._upstream, queued_ms)

    def saw(self, chunk: Chunk) -> None:
        """Take down what a chunk shows."""
        seen = self._seen
        if chunk.text:
            if seen.ttft_ms is None:
                seen.ttft_ms = self._ms()
            seen.pieces += 1
        seen.usage = chunk.usage or seen.usage
        seen.finished = seen.finished or chunk.finish is not None

    def ended(self, error: BaseException | None = None) -> None:
        """It is over; None: by its own end. Who leaves behind the last chunk has the whole answer."""
        attempt, self._attempt = self._attempt, None
        if attempt and self._call:
            self._seen.total_ms = self._ms()
            left = isinstance(error, CancelledError | GeneratorExit)
            whole = left and self._seen.finished
            lost = left and self._side.lost
            self._call.closed(self._upstream, attempt, None if whole else error, self._seen, lost=lost)

    def _ms(self) -> float:
        return (self._call.clock() - self._sent_s) * 1000 if self._call else 0.0
