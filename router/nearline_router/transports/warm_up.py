"""What a warm-up costs: one token at a local endpoint, nothing at any other."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace

from nearline_router.types import Chunk, Chunks, Endpoint, RoutingRequest


class WarmUp:
    """An endpoint whose protocol has no way to read a prompt and generate nothing."""

    def __init__(self, inner: Endpoint, local: bool) -> None:
        self._inner = inner
        self._local = local

    @property
    def id(self) -> str:
        """The inner endpoint's name."""
        return self._inner.id

    async def stream(self, request: RoutingRequest) -> Chunks:
        """The inner stream. A warm-up generates one token, which is dropped; one that is not local is sent nothing."""
        if request.warm_up and not self._local:
            yield Chunk("", "stop")
            return
        asked = replace(request, max_output_tokens=1) if request.warm_up else request
        async with aclosing(self._inner.stream(asked)) as chunks:
            async for chunk in chunks:
                if not request.warm_up:
                    yield chunk
                elif chunk.finish:
                    yield Chunk("", "stop", chunk.usage)
