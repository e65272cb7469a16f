"""Real completions of real places, by the real model through the server's own pipeline."""

from __future__ import annotations

import ast

import pytest

from nearline_router.router import Router
from nearline_router.types import RoutingRequest
from nearline_server.completion.brackets import imbalance
from nearline_server.completion.completer import Completer
from nearline_server.completion.settings import CompletionSettings
from nearline_server.completion.warm_up import WarmUp
from nearline_server.quality.pipeline import place_at
from tests.quality.snippets import SNIPPETS, Snippet

PATIENT = CompletionSettings(budget_ms=60_000, invoked_budget_ms=60_000)
# So fast a machine reads the widest prompt at once.
FAST_TOKENS_PER_S = 1e6

by_path = pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.path)


def test_the_snippets_are_of_at_least_six_languages() -> None:
    """Twenty places, in more than six languages."""
    assert len(SNIPPETS) >= 20
    assert len({snippet.language for snippet in SNIPPETS}) >= 6


@by_path
async def test_a_completion_is_there_and_fits_the_syntax(router: Router, snippet: Snippet) -> None:
    """The answer is not empty; the line with it is no worse balanced than the language allows, Python parses."""
    completer = Completer(router, PATIENT)
    router.speed.prefill_tokens_per_s = FAST_TOKENS_PER_S
    place = place_at(snippet.path, snippet.language, snippet.before, snippet.after)

    answer = await completer.complete(place, invoked=bool(snippet.after.partition("\n")[0].strip()))
    await completer.aclose()

    assert answer.text.strip(), answer.reason
    assert answer.found == "model"
    document = snippet.before + answer.text + snippet.after
    if snippet.language == "python":
        ast.parse(document)
    else:
        whole = imbalance(document)
        assert (whole.openers, whole.closers) == (0, 0), document


@by_path
async def test_a_further_key_re_evaluates_at_most_four_tokens(router: Router, snippet: Snippet) -> None:
    """The engine's own timings: behind the first request a key costs no more than the tail of what was typed."""
    windows = WarmUp(router)
    router.speed.prefill_tokens_per_s = FAST_TOKENS_PER_S
    evaluated: list[int | None] = []
    for count in range(len(snippet.typed) + 1):
        place = place_at(snippet.path, snippet.language, snippet.before + snippet.typed[:count], snippet.after)
        request = RoutingRequest(windows.infill(place, False), max_output_tokens=2)
        usage = [chunk.usage async for chunk in router.stream(request)][-1]
        evaluated.append(usage.evaluated_tokens if usage else None)

    assert all(tokens is not None and tokens <= 4 for tokens in evaluated[1:]), evaluated
