"""From a profile to its transport: addresses, headers, protocols."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nearline_router.config.models import RouterConfig
from nearline_router.errors import EndpointUnauthorized
from nearline_router.registry.profile import profiles
from nearline_router.transports.build import auth_headers, base_url, transport, warm_path
from nearline_router.types import Prompt
from nearline_router.warm.session import Session
from tests.fault_server import FaultServer
from tests.router.transports.speaking import CHAT, HOLE, ask, profile, speaking, text


@pytest.mark.parametrize(
    ("provider", "host", "expected"),
    [
        ("vllm", "http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        ("vllm", "http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1"),
        ("vllm", "http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("openai-compatible", "https://host/openai/v4/", "https://host/openai/v4"),
        ("anthropic", "https://api.anthropic.com", "https://api.anthropic.com"),
        ("anthropic", "https://api.anthropic.com/v1", "https://api.anthropic.com"),
        ("ollama", "http://127.0.0.1:11434/", "http://127.0.0.1:11434"),
        ("ollama", "http://127.0.0.1:11434/v1", "http://127.0.0.1:11434"),
    ],
)
def test_the_url_is_the_one_its_paths_belong_to(provider: str, host: str, expected: str) -> None:
    """However the host was written down."""
    assert base_url(profile(provider, host)) == expected


def test_a_profile_without_a_host_has_no_url() -> None:
    """The built-in endpoint finds its own."""
    with pytest.raises(ValueError, match="there is no host"):
        base_url(profiles(RouterConfig())[0])


@pytest.mark.parametrize(
    ("provider", "key", "expected"),
    [
        ("openai", "sk-a", {"Authorization": "Bearer sk-a"}),
        ("openai", " sk-a\n", {"Authorization": "Bearer sk-a"}),
        ("vllm", None, {}),
        ("vllm", "", {}),
        ("openrouter", "sk-a", {"Authorization": "Bearer sk-a", "X-Title": "Nearline"}),
        ("openrouter", None, {"X-Title": "Nearline"}),
        ("anthropic", "sk-a", {"x-api-key": "sk-a", "anthropic-version": "2023-06-01"}),
        ("anthropic", None, {"anthropic-version": "2023-06-01"}),
        ("ollama", "sk-a", {"Authorization": "Bearer sk-a"}),
    ],
)
def test_the_headers_are_the_providers_own(provider: str, key: str | None, expected: dict[str, str]) -> None:
    """A key from a file or a keyring often ends with a line end."""
    assert auth_headers(profile(provider), key) == expected


@pytest.mark.parametrize("key", ["sk-ä", "sk-\na", "sk-\x00a"])
def test_a_key_that_cannot_be_a_header_is_told_and_not_repeated(key: str) -> None:
    """The client's own error would hold it."""
    with pytest.raises(EndpointUnauthorized) as caught:
        auth_headers(profile("openai"), key)

    assert str(caught.value) == "there: the key holds characters that no key has"


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("openai", "/models"),
        ("vllm", "/models"),
        ("openrouter", "/key"),
        ("anthropic", "/v1/models"),
        ("ollama", "/api/version"),
    ],
)
def test_a_connection_is_kept_warm_by_what_costs_nothing(provider: str, expected: str) -> None:
    """And what is refused without a key, where there is one."""
    assert warm_path(profile(provider)) == expected


@pytest.mark.parametrize(
    ("provider", "prompt", "path"),
    [
        ("vllm", HOLE, "/v1/completions"),
        ("vllm", CHAT, "/v1/chat/completions"),
        ("vllm", "hi", "/v1/chat/completions"),
        ("openai", CHAT, "/v1/chat/completions"),
        ("anthropic", CHAT, "/v1/messages"),
        ("anthropic", "hi", "/v1/messages"),
        ("ollama", HOLE, "/api/generate"),
        ("ollama", CHAT, "/api/chat"),
        ("ollama", "hi", "/api/chat"),
    ],
)
async def test_every_prompt_goes_to_the_path_made_for_it(provider: str, prompt: Prompt, path: str) -> None:
    """Holes to completions, conversations to chats."""
    async with speaking(server := FaultServer(), provider) as endpoint:
        await text(endpoint, ask(prompt))

    assert (endpoint.id, [asked.path for asked in server.asked]) == ("there", [path])


async def test_a_fallback_models_endpoint_goes_by_its_own_name() -> None:
    """Several endpoints may share one session."""
    there = replace(profile(), id="there:small", model="small")
    session = Session("there", "http://127.0.0.1:1", {}, local=True)

    assert transport(there, session).id == "there:small"
    await session.aclose()


async def test_llama_cpps_protocol_has_connections_of_its_own() -> None:
    """It is built elsewhere."""
    session = Session("local", "http://127.0.0.1:1", {}, local=True)
    with pytest.raises(ValueError, match="takes no session"):
        transport(profiles(RouterConfig())[0], session)
    await session.aclose()
