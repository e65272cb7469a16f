"""The fake that ships: an endpoint that plays a script, for our tests and for those of the router's users."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from nearline_router.types import Chunk, Chunks, RoutingRequest, Usage

# A step of a script: text to send, an error to raise, or an event to wait for.
Step = str | Exception | asyncio.Event


class Scripted:
    """Plays queued scripts in order, then `default` for ever; remembers what it was asked.

    It is always connected. `history` holds every request, `closed_early` counts streams that were left before their
    end, `inside` and `most_inside` how many streams are open now and were at most.
    """

    def __init__(self, endpoint_id: str = "scripted", default: Sequence[Step] = ()) -> None:
        self._id = endpoint_id
        self._default = tuple(default)
        self._scripts: deque[tuple[Step, ...]] = deque()
        self.history: list[RoutingRequest] = []
        self.closed_early = 0
        self.closed = False
        self.inside = 0
        self.most_inside = 0

    @property
    def id(self) -> str:
        """The endpoint's name."""
        return self._id

    @property
    def ready(self) -> bool:
        """Always."""
        return True

    @property
    def trouble(self) -> str:
        """None."""
        return ""

    async def begin(self) -> None:
        """There is nothing to connect to."""

    def touch(self) -> None:
        """There is nothing to keep warm."""

    async def aclose(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    def enqueue(self, *steps: Step) -> None:
        """Add the script of one more answer."""
        self._scripts.append(steps)

    async def stream(self, request: RoutingRequest) -> Chunks:
        """Play the next script."""
        self.history.append(request)
        steps = self._scripts.popleft() if self._scripts else self._default
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        finished = False
        try:
            for step in () if request.warm_up else steps:
                if isinstance(step, Exception):
                    finished = True
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    yield Chunk(step)
            finished = True
            yield Chunk("", "stop", Usage(evaluated_tokens=1, cached_tokens=0, output_tokens=len(steps)))
        finally:
            self.inside -= 1
            self.closed_early += not finished
