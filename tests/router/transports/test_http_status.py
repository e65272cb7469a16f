"""A status becomes one of the router's own errors, which tells nothing that is secret."""

from __future__ import annotations

import json

import pytest

from nearline_router.errors import (
    EndpointBusy,
    EndpointError,
    EndpointRefused,
    EndpointTooLong,
    EndpointUnauthorized,
    EndpointUnavailable,
)
from nearline_router.transports.http_status import raise_for_status, raise_inside

SECRET = "sk-secret-and-the-users-code"


def of_status(status: int, body: str = "", headers: dict[str, str] | None = None) -> EndpointError:
    """The error of one answer."""
    with pytest.raises(EndpointError) as caught:
        raise_for_status("local", status, body, headers or {})
    return caught.value


def said(**error: object) -> str:
    """A body as OpenAI, Anthropic and llama.cpp write it."""
    return json.dumps({"error": error})


def test_200_passes() -> None:
    """The one status that is no error."""
    raise_for_status("local", 200, "", {})


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        (302, EndpointRefused, "the request was refused (302)"),
        (400, EndpointRefused, "the request was refused (400)"),
        (401, EndpointUnauthorized, "the key is missing or wrong (401)"),
        (402, EndpointUnauthorized, "the account has no credit left (402)"),
        (403, EndpointUnauthorized, "the key is not allowed to do this (403)"),
        (404, EndpointRefused, "it does not know this model or this address (404)"),
        (408, EndpointUnavailable, "failed inside (408)"),
        (409, EndpointUnavailable, "failed inside (409)"),
        (413, EndpointTooLong, "the prompt is too long (413)"),
        (422, EndpointRefused, "the request was refused (422)"),
        (425, EndpointUnavailable, "failed inside (425)"),
        (429, EndpointBusy, "busy or loading (429)"),
        (500, EndpointUnavailable, "failed inside (500)"),
        (501, EndpointRefused, "the request was refused (501)"),
        (502, EndpointUnavailable, "failed inside (502)"),
        (503, EndpointBusy, "busy or loading (503)"),
        (504, EndpointUnavailable, "failed inside (504)"),
        (524, EndpointUnavailable, "failed inside (524)"),
        (529, EndpointBusy, "busy or loading (529)"),
    ],
)
def test_every_other_status_is_an_error_that_repeats_nothing(status: int, kind: type[EndpointError], text: str) -> None:
    """The text names the endpoint, what is wrong, and the status; a server may echo the prompt, we do not."""
    error = of_status(status, SECRET)

    assert (type(error), str(error)) == (kind, f"local: {text}")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, "the request exceeds the available context size (4096 tokens), try increasing it"),
        (400, said(code=400, message="the request exceeds it", type="exceed_context_size_error")),
        (400, said(code="context_length_exceeded", message="This model's maximum context length is 128000 tokens.")),
        (400, said(type="invalid_request_error", message="prompt is too long: 210000 tokens > 200000 maximum")),
        (400, said(message="input length and `max_tokens` exceed context limit: 199000 + 4096 > 200000")),
        (400, json.dumps({"object": "error", "message": "This model's maximum context length is 4096 tokens."})),
        (400, said(message="Trying to keep the first 5000 tokens when context the overflows.")),
        (400, said(message="This model's maximum prompt length is 131072 but the request contains 140000 tokens.")),
        (400, json.dumps({"error": "input length exceeds maximum context length"})),
        (500, json.dumps({"error": "input length exceeds maximum context length"})),
        (413, said(type="request_too_large", message="Request exceeds the maximum size")),
    ],
    ids=[
        *("llama.cpp's words", "llama.cpp", "OpenAI", "Anthropic", "Anthropic with the answer", "vLLM", "LM Studio"),
        *("xAI", "Ollama", "Ollama's 500", "Anthropic's 413"),
    ],
)
def test_too_long_a_prompt_is_told_as_such_whoever_says_it(status: int, body: str) -> None:
    """An endpoint with a larger context may take it, so it is worth telling from other refusals."""
    error = of_status(status, body)

    assert (type(error), str(error)) == (EndpointTooLong, f"local: the prompt is too long ({status})")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, said(code="insufficient_quota", message="You exceeded your current quota.")),
        (429, said(code="billing_hard_limit_reached", message="Billing hard limit has been reached")),
        (400, said(type="invalid_request_error", message="Your credit balance is too low to access the API.")),
        (402, said(code=402, message="Insufficient credits")),
    ],
    ids=["OpenAI's quota", "OpenAI's limit", "Anthropic", "OpenRouter"],
)
def test_an_account_without_money_is_a_persons_matter_and_not_a_busy_server(status: int, body: str) -> None:
    """Waiting does not help."""
    error = of_status(status, body, {"retry-after": "1"})

    assert (type(error), str(error)) == (EndpointUnauthorized, f"local: the account has no credit left ({status})")


def test_a_text_that_moderation_flagged_says_nothing_of_the_key() -> None:
    """OpenRouter answers 403; the next request may well be answered."""
    error = of_status(403, said(code=403, message="Your input was flagged", metadata={"flagged_input": SECRET}))

    assert (type(error), str(error)) == (EndpointRefused, "local: its moderation refused the text (403)")


def test_a_prompt_that_is_echoed_decides_nothing() -> None:
    """Only the server's own code, type and message are looked at, not the input that a validator shows."""
    body = json.dumps({"detail": [{"msg": "bad", "input": "the maximum context length, insufficient_quota"}]})

    assert type(of_status(400, body)) is EndpointRefused


def test_a_busy_endpoints_own_word_is_kept() -> None:
    """Retry-After is believed."""
    error = of_status(429, headers={"retry-after": "2"})

    assert isinstance(error, EndpointBusy)
    assert error.retry_after_s == 2.0


def test_a_body_that_is_nothing_but_brackets_is_no_error_of_ours() -> None:
    """Python's parser gives up on deep nesting with an error of its own."""
    assert type(of_status(400, "[" * 100_000)) is EndpointRefused


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        ({"type": "overloaded_error", "message": SECRET}, EndpointBusy, 529),
        ({"type": "rate_limit_error"}, EndpointBusy, 429),
        ({"type": "api_error"}, EndpointUnavailable, 500),
        ({"type": "authentication_error"}, EndpointUnauthorized, 401),
        ({"type": "request_too_large"}, EndpointTooLong, 413),
        ({"code": 502, "message": SECRET}, EndpointUnavailable, 502),
        ({"code": "429"}, EndpointBusy, 429),
        ({"code": "context_length_exceeded", "type": "invalid_request_error"}, EndpointTooLong, 400),
        ({"code": "insufficient_quota"}, EndpointUnauthorized, 429),
        ({"code": 7, "type": []}, EndpointUnavailable, 500),
        ({"code": None}, EndpointUnavailable, 500),
        (SECRET, EndpointUnavailable, 500),
        (None, EndpointUnavailable, 500),
        ([SECRET], EndpointUnavailable, 500),
        ("input length exceeds maximum context length", EndpointTooLong, 500),
    ],
)
def test_an_error_inside_a_200_is_what_its_status_would_have_been(
    error: object, kind: type[EndpointError], status: int
) -> None:
    """By its code or its type; without either the server failed inside."""
    with pytest.raises(EndpointError) as caught:
        raise_inside("local", error)

    assert type(caught.value) is kind
    assert str(caught.value).endswith(f"({status})")
    assert SECRET not in str(caught.value)
