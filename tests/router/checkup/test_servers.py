"""What servers say of themselves, also when they say anything at all."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.checkup.servers import Told, told
from nearline_router.errors import EndpointError
from nearline_router.warm.session import Session
from tests.router.transports.speaking import profile

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "models", "id", "name", "meta", "details", "model_path", "n_ctx", "size"])
            | st.just("default_generation_settings"),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


class Saying:
    """A session whose server says the same to everything."""

    def __init__(self, status: int, body: bytes) -> None:
        self._status = status
        self._body = body

    async def get(self, path: str) -> httpx2.Response:
        """See Session."""
        return httpx2.Response(self._status, content=self._body, request=httpx2.Request("GET", f"http://any{path}"))


def asked(provider: str, status: int, body: bytes) -> Told | EndpointError:
    """What comes out, whichever it is."""
    session: Any = Saying(status, body)
    try:
        return asyncio.run(told(profile(provider, "http://127.0.0.1:9"), cast(Session, session)))
    except EndpointError as error:
        return error


@pytest.mark.parametrize("provider", ["llamacpp", "ollama", "vllm", "openai", "openrouter", "anthropic"])
@given(status=st.sampled_from([200, 204, 301, 400, 401, 404, 429, 500, 503]), body=st.data())
def test_whatever_a_server_says_it_is_an_answer_or_an_error_of_ours(
    provider: str, status: int, body: st.DataObject
) -> None:
    """No answer ends the checkup of the others."""
    said = body.draw(st.binary(max_size=50) | ANY_JSON.map(lambda value: json.dumps(value).encode()))

    assert isinstance(asked(provider, status, said), Told | EndpointError)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=12, max_size=20), st.sampled_from([200, 400, 401, 500]))
def test_what_a_server_says_is_never_repeated_in_an_error(secret: str, status: int) -> None:
    """It may be a key or a prompt."""
    error = asked("llamacpp", status, json.dumps({"error": {"message": secret}, "model_path": secret}).encode())

    assert isinstance(error, EndpointError)
    assert secret not in str(error)
