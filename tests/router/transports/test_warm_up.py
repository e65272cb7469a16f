"""A warm-up fills a local prompt cache, and sends no prompt anywhere else."""

from __future__ import annotations

import pytest

from nearline_router.types import Chunk, Usage
from tests.fault_server import FaultServer
from tests.router.transports.speaking import CHAT, HOLE, ask, chunks, speaking


@pytest.mark.parametrize("provider", ["openai", "openrouter", "anthropic"])
async def test_a_warm_up_of_an_endpoint_that_is_not_local_sends_nothing(provider: str) -> None:
    """It would be paid for, and nobody asked for an answer."""
    async with speaking(server := FaultServer(), provider) as endpoint:
        answer = await chunks(endpoint, ask(CHAT, warm_up=True))

    assert (answer, server.connections) == ([Chunk("", "stop")], 0)


async def test_what_was_said_to_be_not_local_is_sent_nothing_even_on_this_machine() -> None:
    """It may be a tunnel."""
    async with speaking(server := FaultServer(), "vllm", local=False) as endpoint:
        await chunks(endpoint, ask(HOLE, warm_up=True))

    assert server.connections == 0


@pytest.mark.parametrize(
    ("provider", "usage"), [("vllm", Usage(12, 8, 5)), ("ollama", Usage(12, 8, 5, 3.0, 4.0))], ids=["vllm", "ollama"]
)
async def test_a_local_warm_up_generates_one_token_which_is_dropped(provider: str, usage: Usage) -> None:
    """The least that makes these servers read a prompt; to Ollama 0 means without limit."""
    async with speaking(server := FaultServer(), provider) as endpoint:
        answer = await chunks(endpoint, ask(HOLE, 64, warm_up=True))
    body = server.asked[0].body

    assert answer == [Chunk("", "stop", usage)]
    assert body.get("max_tokens", body.get("options", {}).get("num_predict")) == 1


async def test_any_other_request_passes_as_it_is() -> None:
    """Also where warm-ups are not sent."""
    async with speaking(server := FaultServer(), "anthropic") as endpoint:
        await chunks(endpoint, ask(CHAT, 64))

    assert server.asked[0].body["max_tokens"] == 64
