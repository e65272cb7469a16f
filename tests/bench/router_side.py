"""One side of the overhead bench in a process of its own: a router, `nearline` or `litellm`, and a bare client.

Run by its path, with the side and the server's URL. LiteLLM's environment has nothing of Nearline's, so nothing of
it is imported but for Nearline's own side. A line of standard input asks, `{"concurrency": 16, "rounds": 10, "seed":
1}`; a line of standard output answers with the milliseconds from each request to its first byte, `{"router": [...],
"bare": [...], "again": [...]}`: what has the same place was asked the same, `again` by the bare client once more.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any

import httpx2

# The request's number, in; the time to its first byte in milliseconds, out.
Way = Callable[[int], Awaitable[float]]

MODEL, KEY_NAME = "instant", "NEARLINE_BENCH_KEY"
SYSTEM = "You review code. Be brief."
# 2 kB with the number that makes every prompt a new one.
CODE = "    return sum(value for value in values if value > limit)\n" * 34
MOST_OUTPUT_TOKENS = 16
# No side opens a connection that it has had already, whatever it keeps.
KEEP_ALL = httpx2.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=600.0)
UNMEASURED = 3
# What a router does behind an answer (records, callbacks) is over when the next one's time is taken.
GAP_S = 0.010
LOOPBACK = ("127.0.0.1", "::1")


def text(number: int) -> str:
    """What the user says."""
    return f"Explain this:\n{CODE}\n# {number}"


def body(number: int) -> dict[str, Any]:
    """The request as Nearline's transport writes it, which is also what LiteLLM is asked for."""
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text(number)}]
    streamed = {"stream": True, "stream_options": {"include_usage": True}}
    return {"messages": messages, "model": MODEL, "max_tokens": MOST_OUTPUT_TOKENS, "temperature": 0, **streamed}


def bare(url: str) -> Way:
    """By httpx2 and nothing else: the first byte is the first of the answer's body, which is not even looked at."""
    headers = {"Authorization": f"Bearer {os.environ[KEY_NAME]}"}
    http = httpx2.AsyncClient(base_url=f"{url}/v1", headers=headers, limits=KEEP_ALL, verify=False, trust_env=False)

    async def ask(number: int) -> float:
        start_s = time.perf_counter()
        async with http.stream("POST", "/chat/completions", json=body(number)) as response:
            pieces = response.aiter_bytes()
            await anext(pieces)
            took_s = time.perf_counter() - start_s
            async for _ in pieces:
                pass
        return took_s * 1000

    return ask


def nearline(url: str) -> Way:
    """By Router.stream."""
    from nearline_router.config import EndpointConfig, EngineConfig, RouterConfig
    from nearline_router.router import Router
    from nearline_router.types import Chat, Message, Priority, RoutingRequest

    endpoint = EndpointConfig(provider="openai-compatible", host=url, model=MODEL, api_key_env=KEY_NAME)
    config = RouterConfig(endpoints={MODEL: endpoint}, engine=EngineConfig(enabled=False, discover=False))
    router = Router(config)

    async def ask(number: int) -> float:
        start_s, first_s = time.perf_counter(), 0.0
        chat = Chat(SYSTEM, (Message("user", text(number)),))
        request = RoutingRequest(chat, MOST_OUTPUT_TOKENS, task="explain", priority=Priority.ACTION)
        async with aclosing(router.stream(request)) as chunks:
            async for chunk in chunks:
                if chunk.text:
                    first_s = first_s or time.perf_counter()
        return (first_s - start_s) * 1000

    return ask


def litellm(url: str) -> Way:
    """By LiteLLM's Router as it is by default."""
    sys.addaudithook(_loopback_only)
    import litellm  # type: ignore[import-not-found]

    litellm.suppress_debug_info = True
    params = {"model": f"openai/{MODEL}", "api_base": f"{url}/v1", "api_key": os.environ[KEY_NAME]}
    router = litellm.Router(model_list=[{"model_name": MODEL, "litellm_params": params}])

    async def ask(number: int) -> float:
        start_s, first_s = time.perf_counter(), 0.0
        async for chunk in await router.acompletion(**body(number)):
            if chunk.choices and chunk.choices[0].delta.content:
                first_s = first_s or time.perf_counter()
        return (first_s - start_s) * 1000

    return ask


def _loopback_only(event: str, args: tuple[Any, ...]) -> None:
    """LiteLLM fetches prices and may send callbacks; not here."""
    host = args[1][0] if event == "socket.connect" and isinstance(args[1], tuple) else LOOPBACK[0]
    if host not in LOOPBACK:
        raise ConnectionRefusedError("the bench stays on this machine")


async def measured(ways: dict[str, Way], concurrency: int, rounds: int, seed: int) -> dict[str, list[float]]:
    """Each way's times. A round is so many requests at once by each way, one way after the other by chance."""
    dice = random.Random(seed)
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for count in range(UNMEASURED + rounds):
        numbers = [dice.getrandbits(48) for _ in range(concurrency)]
        for name in dice.sample(list(ways), len(ways)):
            took_ms = await asyncio.gather(*map(ways[name], numbers))
            taken[name] += [round(ms, 4) for ms in took_ms] if count >= UNMEASURED else []
            await asyncio.sleep(GAP_S)
    return taken


async def _serve(side: str, url: str) -> None:
    answer = partial(print, file=sys.stdout, flush=True)
    # What a library has to say must not be taken for an answer.
    sys.stdout = sys.stderr
    ways = {"router": {"nearline": nearline, "litellm": litellm}[side](url), "bare": bare(url)}
    ways["again"] = ways["bare"]
    while line := await asyncio.to_thread(sys.stdin.readline):
        answer(json.dumps(await measured(ways, **json.loads(line))))


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
