"""Counting by the server that will read the text."""

from __future__ import annotations

from typing import Any

import pytest

from nearline_router.errors import EndpointMalformed
from nearline_router.tokens.count import TokenCount
from nearline_router.tokens.server import server_count
from nearline_router.transports.llamacpp_tokens import Tokenizer


async def test_the_count_is_the_servers_own() -> None:
    """One token a character here; the text goes there as text, whatever control tokens it names."""
    asked: list[dict[str, Any]] = []

    async def post(_: str, body: dict[str, Any]) -> Any:
        asked.append(body)
        return {"tokens": list(range(len(body["content"])))}

    assert await server_count(Tokenizer(post), "<eos>") == TokenCount(5, "server")
    assert asked[-1] == {"content": "<eos>", "add_special": False, "parse_special": False}


async def test_the_models_beginning_token_counts() -> None:
    """It is part of every prompt that the server will read."""

    async def post(_: str, body: dict[str, Any]) -> Any:
        return {"tokens": [1] if body["add_special"] else [7, 8]}

    assert (await server_count(Tokenizer(post), "two words")).tokens == 3


async def test_an_answer_that_is_no_count_is_an_error() -> None:
    """And no zero."""

    async def post(_: str, __: dict[str, Any]) -> Any:
        return {"error": "busy"}

    with pytest.raises(EndpointMalformed):
        await server_count(Tokenizer(post), "hello")
