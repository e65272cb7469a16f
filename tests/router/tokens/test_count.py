"""Where a number of tokens comes from."""

from __future__ import annotations

import pytest

from nearline_router.tokens.count import TokenCount, reported_input
from nearline_router.types import Usage


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (Usage(evaluated_tokens=30, cached_tokens=70), 100),
        (Usage(evaluated_tokens=30, cached_tokens=0), 30),
        (Usage(evaluated_tokens=30), 30),
        (Usage(evaluated_tokens=0, cached_tokens=70), 70),
    ],
)
def test_the_reported_prompt_is_what_was_read_and_what_was_cached(usage: Usage, tokens: int) -> None:
    """Together they are the whole prompt, whichever part the endpoint found in its cache."""
    assert reported_input(usage) == TokenCount(tokens, "reported")


@pytest.mark.parametrize("usage", [Usage(), Usage(cached_tokens=70), Usage(output_tokens=5)])
def test_an_endpoint_that_does_not_say_what_it_read_has_reported_nothing(usage: Usage) -> None:
    """No number is better than a part of one."""
    assert reported_input(usage) is None
