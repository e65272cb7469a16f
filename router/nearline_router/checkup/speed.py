"""How fast a llama.cpp server is, measured by one short request that goes through the endpoint's own queue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from nearline_router.errors import Superseded
from nearline_router.planner.speed import Speed
from nearline_router.types import Endpoint, Priority, RoutingRequest, Usage

# Some 300 tokens: more than overhead, and less than two seconds on two slow cores.
PROMPT_LINES = 25
OUTPUT_TOKENS = 16


@dataclass(frozen=True, slots=True)
class Measured:
    """`overhead_ms` is what a first content takes beside reading the prompt: the way there and the first token."""

    prefill_tokens_per_s: float
    decode_tokens_per_s: float | None
    overhead_ms: float

    def affordable_tokens(self, budget_ms: float) -> int:
        """Prompt tokens outside the prompt cache with which the first content still comes within the budget."""
        return max(0, int(self.prefill_tokens_per_s * (budget_ms - self.overhead_ms) / 1000))


async def measured(
    endpoint: Endpoint, nonce: str, until_s: float, clock: Callable[[], float] = time.monotonic
) -> Measured | None:
    """The speed, None if no prompt was read before `until_s` by the event loop's clock.

    `nonce` makes the prompt a new one for the prompt cache. Gives way to keystrokes, and counts what it has by then.
    Raises EndpointError.
    """
    request = RoutingRequest(_prompt(nonce), OUTPUT_TOKENS, task="checkup", priority=Priority.SPECULATION)
    sent_s, ttft_ms, usage = clock(), None, Usage()
    try:
        async with asyncio.timeout_at(until_s), aclosing(endpoint.stream(request)) as chunks:
            async for chunk in chunks:
                sent_s = clock() if chunk.queued_ms is not None else sent_s
                if chunk.text and ttft_ms is None:
                    ttft_ms = (clock() - sent_s) * 1000
                usage = chunk.usage or usage
    except (TimeoutError, Superseded):
        pass
    return _measured(usage, ttft_ms)


def _measured(usage: Usage, ttft_ms: float | None) -> Measured | None:
    speed = Speed()
    speed.observe(usage, ttft_ms)
    if not speed.prefill.measured:
        return None
    decode = speed.decode.value if speed.decode.measured else None
    return Measured(speed.prefill.value, decode, speed.network.value)


def _prompt(nonce: str) -> str:
    """Code that says nothing and that no cache holds."""
    return "\n".join([f"# {nonce}", *(f"value_{number} = compute({number}, seed)" for number in range(PROMPT_LINES))])
