"""What a connection that is open already saves, and what a cancel stops, with 80 ms of network in between."""

from __future__ import annotations

import ssl
import time
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from nearline_router.warm.session import Session
from tests.bench.report import Aim, Figures, Row, faster, times_faster
from tests.delaying_proxy import DelayingProxy
from tests.tls_server import TlsServer
from tests.waiting import until

RTT_MS = 80.0
REQUESTS, CANCELS, BARE_CANCELS = 30, 30, 5
# As a fast model in the cloud: 200 tokens/s, an answer of a second.
TOKEN_DELAY_S, TOKENS = 0.005, 200
READ_TOKENS = 3
BODY = {"prompt": "def f"}
AIM = Aim("3x faster", times=3, at_least=True)


async def measure(folder: Path) -> Figures:
    """The section."""
    async with TlsServer(folder, tokens=1) as server, DelayingProxy(server.port, RTT_MS) as proxy:
        url = f"https://127.0.0.1:{proxy.port}"
        warm = Session("warm", url, {}, local=False, http2=True, ca_file=server.ca_file, warm_path="/models")
        warmed = await warm.warm()
        cold_ms, warm_ms = await _alternately(url, server, warm)
        handshakes = server.handshakes - REQUESTS
        server.tokens, server.token_delay_s = TOKENS, TOKEN_DELAY_S
        after = await _after_cancel(warm, server)
        resets = len(server.resets)
        await warm.aclose()
        bare = await _after_bare_cancel(url, server)
    assert warmed
    rows = [
        Row.of("request to first byte, cold", cold_ms),
        Row.of("request to first byte, warm", warm_ms, ratio=faster(warm_ms, cold_ms), aim=AIM,
               times=times_faster(warm_ms, cold_ms)),
        Row("the warm-up before it, once", round(warmed.took_ms, 1)),
        Row.of("tokens generated after a cancel", after, unit="tokens"),
        Row.of("  the same with a bare httpx2 client", bare, unit="tokens"),
        Row("RST_STREAM per cancel", resets / CANCELS, unit="frames", count=CANCELS, aim="1"),
    ]  # fmt: skip
    notes = [
        f"TLS 1.3, HTTP/2, {RTT_MS:.0f} ms of RTT by a proxy in this process; {handshakes} handshake for all warm ones",
        f"{TOKENS} tokens an answer, one every {TOKEN_DELAY_S * 1000:.0f} ms, left after {READ_TOKENS}",
    ]
    return Figures("warm connections: an endpoint far away, over TLS", rows, notes)


async def _alternately(url: str, server: TlsServer, warm: Session) -> tuple[list[float], list[float]]:
    cold_ms, warm_ms = [], []
    for _ in range(REQUESTS):
        cold = Session("cold", url, {}, local=False, http2=True, ca_file=server.ca_file)
        cold_ms.append(await _first_byte_ms(cold))
        await cold.aclose()
        warm_ms.append(await _first_byte_ms(warm))
    return cold_ms, warm_ms


async def _first_byte_ms(session: Session) -> float:
    start_s = time.perf_counter()
    async with session.stream("/chat", BODY) as response:
        pieces = response.aiter_bytes()
        await anext(pieces)
        took_ms = (time.perf_counter() - start_s) * 1000
        async for _ in pieces:
            pass
    return took_ms


async def _after_cancel(session: Session, server: TlsServer) -> list[float]:
    samples: list[float] = []
    for cancelled in range(CANCELS):
        async with session.stream("/chat", BODY) as response:
            await _read_some(response)
            generated = server.generated
        await until(partial(lambda n: len(server.resets) > n, cancelled), "the reset")
        samples.append(server.generated - generated)
    return samples


async def _after_bare_cancel(url: str, server: TlsServer) -> list[float]:
    samples: list[float] = []
    async with _bare_client(url, server) as client:
        for _ in range(BARE_CANCELS):
            async with client.stream("POST", "/chat", json=BODY) as response:
                await _read_some(response)
                generated = server.generated
            await until(lambda: not server.answering, "the end of the answer")
            samples.append(server.generated - generated)
    return samples


def _bare_client(url: str, server: TlsServer) -> Any:

    return httpx2.AsyncClient(base_url=url, http2=True, verify=ssl.create_default_context(cafile=server.ca_file))


async def _read_some(response: httpx2.Response) -> None:
    events = (line async for line in response.aiter_lines() if line)
    for _ in range(READ_TOKENS):
        await anext(events)
