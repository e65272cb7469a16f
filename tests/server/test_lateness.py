"""How many answers came in time, in words."""

from __future__ import annotations

from typing import Any

import pytest

from nearline_server.lateness import lateness


@pytest.mark.parametrize(
    ("summary", "sentence"),
    [
        ({"counted": 0}, "Nothing was asked for that had to be in time."),
        ({"counted": 4, "in_time": 4, "cut": 0, "misses": {}}, "4 of 4 came in time (100%)."),
        (
            {"counted": 10, "in_time": 7, "cut": 2, "misses": {"prompt": 2, "queue": 1}, "missed_prompt_tokens": 412},
            "7 of 10 came in time (70%). 2 had to be cut where the time was over. Late by what took longest: "
            "2 reading the prompt, half of them of 412 tokens or more; 1 waiting for an endpoint.",
        ),
        (
            {"counted": 2, "in_time": 1, "misses": {"prompt": 1}, "missed_prompt_tokens": None},
            "1 of 2 came in time (50%). Late by what took longest: 1 reading the prompt.",
        ),
        (
            {"counted": 1, "in_time": 0, "misses": {"moon": 1}},
            "0 of 1 came in time (0%). Late by what took longest: 1 moon.",
        ),
    ],
)
def test_it_is_said_in_sentences(summary: dict[str, Any], sentence: str) -> None:
    """What another version does not say is left out, and what it calls otherwise has its name."""
    assert lateness(summary) == sentence
