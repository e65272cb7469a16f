"""A request that is left: the endpoint is told at once, and nothing that others use is harmed.

httpcore2 2.16 sends no RST_STREAM: a stream that is left goes on at the endpoint, which generates and bills for
nobody, and takes its place among the 100 of the connection for good. A request that is left while its connection
is being opened takes the handshake with it. Both are mended here, from the trace events that httpcore2 documents.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2

from nearline_router.warm.background import Background
from nearline_router.warm.pools import Pools

OPENED = ("connection.connect_tcp.complete", "connection.start_tls.complete")


class Exchange:
    """One request on its way, and its answer."""

    def __init__(self, pools: Pools, background: Background) -> None:
        self._pools = pools
        self._background = background
        self._left = False
        self._request: Any = None
        self._stream_id: int | None = None
        self._complete = False

    async def send(self, client: httpx2.AsyncClient, request: httpx2.Request) -> httpx2.Response:
        """The answer's beginning. Raises httpx2's errors.

        When the caller is cancelled, what was sent is taken back; what still waits for its connection lets that
        be opened for the next request, and then does not send.
        """
        request.extensions["trace"] = self._traced
        sending = self._background.start(client.send(request, stream=True))
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError as error:
            if sending.cancelled() and not _being_cancelled():
                raise httpx2.ReadError("the session was closed") from error
            self._leave(sending)
            raise

    def _leave(self, sending: asyncio.Task[httpx2.Response]) -> None:
        self._left = True
        if self._request is not None:
            sending.cancel()
        if not self._background.closed:
            self._background.start(_close_late(sending))

    async def _traced(self, event: str, info: dict[str, Any]) -> None:
        if event in OPENED:
            self._pools.opened.add(info["return_value"])
        elif event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            if self._left:
                raise asyncio.CancelledError
            self._request, self._stream_id = info["request"], info.get("stream_id")
        elif event == "http2.receive_response_body.complete":
            self._complete = True
        elif event == "http2.response_closed.started" and self._stream_id is not None and not self._complete:
            self._pools.cancel(self._request, self._stream_id)


def _being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _close_late(sending: asyncio.Task[httpx2.Response]) -> None:
    """An answer that began in the moment in which it was left is closed, too."""
    await asyncio.wait([sending])
    if not sending.cancelled() and not sending.exception():
        await sending.result().aclose()
