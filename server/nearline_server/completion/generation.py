"""One running request for a suggestion: it fills the suggestion, stops early, and can outlive its asker."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import aclosing

from nearline_router.errors import RouterError
from nearline_router.router import Router
from nearline_router.types import Chunk, Priority, RoutingRequest, Usage
from nearline_server.completion.memory import Suggestion
from nearline_server.completion.stop import stop_at

log = logging.getLogger("nearline")


class Generation:
    """Streams into `suggestion` until the model, a stop rule or `close` ends it.

    `on_end` is called once, at the end, however it came. `error` is why it failed, if it did; `whole` says
    that the suggestion is all there, so that it may be remembered, `astray` that it ended because it says another
    text than what was typed since.
    """

    def __init__(
        self,
        router: Router,
        request: RoutingRequest,
        suggestion: Suggestion,
        on_end: Callable[[Generation], None],
    ) -> None:
        self.suggestion = suggestion
        self.usage: Usage | None = None
        self.error: RouterError | None = None
        self.whole = False
        self.astray = False
        self.queued_ms: float | None = None
        self.first_text_ms: float | None = None
        # perf_counter's; `ended_s` is None while it runs.
        self.started_s = time.perf_counter()
        self.ended_s: float | None = None
        self._router = router
        self._request = request
        self._on_end = on_end
        # Asked ahead of the user, it gives way to everybody, also once somebody waits for it.
        self.ahead = request.priority is Priority.SPECULATION
        self._begun = False
        self._heard = False
        self._unwanted = False
        self._typed = ""
        self.task = asyncio.create_task(self._run())

    def close(self) -> None:
        """Free the model: at once if the request waits or text flows, else when the model has read the prompt.

        A llama.cpp server does not stop reading a prompt, and what it reads is needed for the next request
        anyway; leaving earlier would only queue that next request inside the server.
        """
        self._unwanted = True
        if self._begun and (self.queued_ms is None or self._heard) and not self.task.cancelling():
            self.task.cancel()

    def wanted_again(self, typed: str) -> bool:
        """Join it where `typed` came since, which takes `close` back; False when it is too late for that."""
        self._typed = typed
        self._unwanted = bool(self.task.cancelling())
        return not self._unwanted

    async def _run(self) -> None:
        # Cancelled before its first step, a task would end without a word to anybody.
        self._begun = True
        try:
            if not self._unwanted:
                await self._read()
            # Where nobody was asked there is neither text nor a count, which is no answer to remember.
            answered = bool(self.usage or self.suggestion.raw)
            self.whole = answered and not (self._unwanted or self.astray)
        except RouterError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 (whatever it is, typing goes on; its text may hold the user's code)
            self.error = RouterError(f"failed inside ({type(error).__name__})")
            log.error("%s in a completion", type(error).__name__)  # noqa: TRY400 (no traceback, for the same reason)
        finally:
            self.ended_s = time.perf_counter()
            self.suggestion.running = False
            self._on_end(self)

    async def _read(self) -> None:
        async with aclosing(self._router.stream(self._request)) as chunks:
            async for chunk in chunks:
                if self._take(chunk):
                    break

    def _take(self, chunk: Chunk) -> bool:
        """Take a chunk in; True when there is nothing more to wait for."""
        if chunk.queued_ms is not None:
            self.queued_ms = chunk.queued_ms
            return False
        self._heard = True
        self.usage = chunk.usage or self.usage
        if chunk.text and self.first_text_ms is None:
            self.first_text_ms = (time.perf_counter() - self.started_s) * 1000
        self.suggestion.raw += chunk.text
        self.suggestion.ended |= chunk.finish == "stop"
        self.astray = not self.suggestion.fits(self._typed)
        return self._unwanted or self.astray or stop_at(self.suggestion.raw, self.suggestion.context) is not None
