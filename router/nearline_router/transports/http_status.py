"""What an HTTP status, or an error inside an answer that began with 200, stands for in the router's own tree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NoReturn

from nearline_router.errors import (
    EndpointBusy,
    EndpointError,
    EndpointRefused,
    EndpointStarting,
    EndpointTooLong,
    EndpointUnauthorized,
    EndpointUnavailable,
)
from nearline_router.transports.retry_after import retry_after_s

NOT_FOUND = "it does not know this model or this address"
# Asked again, these may well be answered; so may every status from 500 on but 501, "not implemented".
RETRYABLE = frozenset({408, 409, 425})
# 529 is Anthropic's "overloaded".
BUSY = frozenset({429, 503, 529})

# What servers call a prompt that is longer than their context: OpenAI, llama.cpp, Anthropic, xAI, Gemini.
TOO_LONG = (
    "context_length_exceeded",
    "exceed_context_size",
    "prompt is too long",
    "request_too_large",
    "maximum prompt length",
    "maximum number of tokens",
)
# Words that, together with "context", say the same at vLLM, LM Studio, Ollama and older llama.cpp servers.
OVER = ("exceed", "overflow", "maximum")
# An account without money: OpenAI says it with 429, Anthropic with 400.
NO_CREDIT = ("insufficient_quota", "billing_hard_limit_reached", "credit balance is too low", "insufficient credits")
# OpenRouter answers 403 when a provider's moderation has flagged the text.
FLAGGED = ("moderation", "flagged")

# The status that an error inside a 200 would have had (Anthropic's and OpenAI's lists of errors).
STATUS_OF = {
    "invalid_request_error": 400,
    "context_length_exceeded": 400,
    "exceed_context_size_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "unavailable_error": 503,
    "timeout_error": 504,
    "overloaded_error": 529,
}

Verdict = tuple[type[EndpointError], str]


def raise_for_status(
    endpoint_id: str, status: int, body: str, headers: Mapping[str, str], not_found: str = NOT_FOUND
) -> None:
    """Raise the error an HTTP status stands for; 200 passes. `not_found` is said of a 404.

    `body` is looked at and never repeated, since a server may echo the prompt.
    """
    if status == 200:
        return
    said = _said(body)
    kind, words = _of_account(status, said) or _of_server(status, said) or _of_request(status, not_found)
    text = f"{endpoint_id}: {words} ({status})"
    if kind is not EndpointBusy:
        raise kind(text)
    # llama.cpp: "Loading model"; vLLM and others: "model is loading".
    starting = status == 503 and "loading" in said
    raise (EndpointStarting if starting else EndpointBusy)(text, retry_after_s(headers))


def raise_inside(endpoint_id: str, error: object) -> NoReturn:
    """Raise what an error stands for that came inside an answer which began with 200."""
    raise_for_status(endpoint_id, _status_of(error), json.dumps({"error": error}), {})
    raise AssertionError("no error has status 200")


def _status_of(error: object) -> int:
    """The status it would have had; 500, "failed inside", where it does not say."""
    fields = error if isinstance(error, dict) else {}
    for value in (fields.get("code"), fields.get("type")):
        if isinstance(value, str):
            value = STATUS_OF.get(value) or (int(value) if value in _STATUS_WORDS else None)
        if isinstance(value, int) and 400 <= value < 600:
            return value
    return 500


_STATUS_WORDS = frozenset(str(status) for status in range(400, 600))


def _of_account(status: int, said: str) -> Verdict | None:
    if status == 402 or (status in (400, 403, 429) and any(words in said for words in NO_CREDIT)):
        return EndpointUnauthorized, "the account has no credit left"
    if status == 401:
        return EndpointUnauthorized, "the key is missing or wrong"
    if status == 403 and any(word in said for word in FLAGGED):
        return EndpointRefused, "its moderation refused the text"
    return (EndpointUnauthorized, "the key is not allowed to do this") if status == 403 else None


def _of_server(status: int, said: str) -> Verdict | None:
    if status in BUSY:
        return EndpointBusy, "busy or loading"
    if _too_long(status, said):
        return EndpointTooLong, "the prompt is too long"
    if status in RETRYABLE or (status >= 500 and status != 501):
        return EndpointUnavailable, "failed inside"
    return None


def _of_request(status: int, not_found: str) -> Verdict:
    return EndpointRefused, not_found if status == 404 else "the request was refused"


def _too_long(status: int, said: str) -> bool:
    """413 is said of bodies; the others are said with 400, and by some servers with 500."""
    over = "context" in said and any(word in said for word in OVER)
    return status == 413 or over or any(words in said for words in TOO_LONG)


def _said(body: str) -> str:
    """The server's own code, type and message in small letters; nothing else, since that may echo the prompt."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return body.lower()
    error = value.get("error") or value if isinstance(value, dict) else value
    parts = [error.get(key) for key in ("code", "type", "message", "detail")] if isinstance(error, dict) else [error]
    return " ".join(part for part in parts if isinstance(part, str)).lower()
