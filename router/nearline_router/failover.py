"""One request over the candidates of its decision: the next one is asked until the first text has been shown.

After the first text nobody else is asked, since two answers cannot be joined. The last candidate is never cut.
All times are the event loop's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from nearline_router.errors import EndpointError, EndpointSlow, EndpointUnavailable
from nearline_router.ledger.entry import Entry, Side
from nearline_router.types import Chunk, Chunks, RoutingRequest
from nearline_router.upstream import Upstream


class _NotAsked(EndpointUnavailable):
    """Its breaker let nobody pass."""


async def failover(
    request: RoutingRequest,
    upstreams: Sequence[Upstream],
    fallback_timeout_ms: float,
    deadline_s: float | None = None,
    side: Side | None = None,
) -> Chunks:
    """The answer of the first upstream that gives content in time. Raises the last one's EndpointError when all failed.

    An upstream is left `fallback_timeout_ms` after it was asked, or at `deadline_s` if that is earlier. `side` is told
    of each attempt.
    """
    clock = asyncio.get_running_loop().time
    failures: list[EndpointError] = []
    for number, upstream in enumerate(upstreams):
        last = number == len(upstreams) - 1
        until_s = None if last else first_content_deadline(clock(), fallback_timeout_ms, deadline_s)
        committed = False
        try:
            async with aclosing(attempt(upstream, request, until_s, side, force=number == 0)) as chunks:
                async for chunk in chunks:
                    committed = committed or bool(chunk.text)
                    yield chunk
        except EndpointError as error:
            if committed:
                raise
            failures.append(error)
        else:
            return
    if failures:
        raise _told(request, failures)


def first_content_deadline(now_s: float, fallback_timeout_ms: float, deadline_s: float | None) -> float:
    """When an attempt that begins now is left; one that begins after the deadline has the usual time."""
    at_s = now_s + fallback_timeout_ms / 1000
    return at_s if deadline_s is None or deadline_s <= now_s else min(at_s, deadline_s)


async def attempt(
    upstream: Upstream,
    request: RoutingRequest,
    until_s: float | None = None,
    side: Side | None = None,
    *,
    force: bool = False,
) -> Chunks:
    """One upstream's answer, with its breaker told how it ended, and `side`. Raises EndpointSlow without content at
    `until_s`.

    `force`: ask even if the breaker is open. Time spent in our own queue is nobody's failure.
    """
    permit = upstream.breaker.enter(force=force)
    if permit is None:
        why = upstream.breaker.last_failure or "another request is trying it"
        raise _NotAsked(f"{upstream.id}: not asked, since it failed before ({why})")
    entry = (side or Side()).entry(upstream)
    try:
        yield Chunk(endpoint=upstream.id)
        async with aclosing(_answer(upstream, request, until_s, entry)) as chunks:
            async for chunk in chunks:
                yield chunk
        permit.succeeded()
        entry.ended()
    except EndpointError as error:
        if not isinstance(error, EndpointSlow) or entry.sent:
            permit.failed(error)
        entry.ended(error)
        raise
    except BaseException as error:
        entry.ended(error)
        raise
    finally:
        permit.abandoned()


async def _answer(upstream: Upstream, request: RoutingRequest, until_s: float | None, entry: Entry) -> Chunks:
    content = False
    async with aclosing(upstream.stream(request)) as chunks:
        try:
            while (chunk := await _next(chunks, None if content else until_s)) is not None:
                content = content or bool(chunk.text or chunk.finish)
                entry.saw(chunk)
                yield chunk
                if chunk.queued_ms is not None:
                    entry.opened(chunk.queued_ms)
        except TimeoutError as error:
            why = "no content in time" if entry.sent else "its queue is too long"
            raise EndpointSlow(f"{upstream.id}: {why}") from error


def _told(request: RoutingRequest, failures: list[EndpointError]) -> EndpointError:
    """The last failure, with all of them in its sentence, and with what the user would wonder about."""
    # Who was not asked has nothing to say where somebody was.
    asked = [failure for failure in failures if not isinstance(failure, _NotAsked)] or failures
    text = str(asked[-1])
    if len(asked) > 1:
        text = f"no endpoint answers: {'; '.join(map(str, asked))} (`nearline doctor` says what to do)"
    if request.requires_data_sovereignty:
        text += ", and nothing else may see this request"
    asked[-1].args = (text,)
    return asked[-1]


async def _next(chunks: Chunks, until_s: float | None) -> Chunk | None:
    """The next chunk, None at the end. Raises TimeoutError when there is none at `until_s`."""
    async with asyncio.timeout_at(until_s):
        return await anext(chunks, None)
