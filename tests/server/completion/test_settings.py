"""The settings of the typing path, their defaults and their bounds."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from nearline_server.completion.settings import CompletionSettings


def test_the_defaults_are_the_promised_budgets() -> None:
    """150 ms for a trigger by typing, 2 s for one by hand, everything switched on."""
    settings = CompletionSettings()

    assert (settings.budget_ms, settings.invoked_budget_ms) == (150.0, 2000.0)
    assert (settings.enabled, settings.multiline, settings.disabled_languages) == (True, True, frozenset())


def test_other_files_go_along_only_if_the_user_says_so() -> None:
    """What they gain was not more than chance in 19 lines (`python -m tests.quality --only cross-file`)."""
    assert CompletionSettings().cross_file_context == "never"


@pytest.mark.parametrize(
    "wrong",
    [
        {"budget_ms": 0},
        {"budget_ms": -1},
        {"budget_ms": 60_001},
        {"budget_ms": "soon"},
        {"invoked_budget_ms": 0},
        {"max_line_tokens": 0},
        {"max_block_tokens": 0},
        {"idle_ms": -1},
        {"disabled_languages": "python"},
        {"enabled": "perhaps"},
        {"reveal": "never"},
        {"cross_file_context": "always"},
        {"bugdet_ms": 100},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    """Values out of bounds, of another kind or under an unknown name do not pass."""
    with pytest.raises(ValidationError):
        CompletionSettings(**wrong)


def test_they_cannot_be_changed_behind_somebodys_back() -> None:
    """A new setting is a new object."""
    with pytest.raises(ValidationError):
        CompletionSettings().budget_ms = 1.0
