"""One model, many names."""

from __future__ import annotations

import pytest

from nearline_router.reconcile.model_names import model_key


@pytest.mark.parametrize(
    "names",
    [
        ("claude-sonnet-4-5-20250929", "anthropic/claude-4.5-sonnet-20250929", "Claude Sonnet 4.5"),
        ("gpt-4.1-mini", "openai/gpt-4.1-mini-2025-04-14", "gpt-4.1-mini-2025-04-14, input", "gpt-4.1-mini-latest"),
        ("qwen/qwen-2.5-coder-32b-instruct", "qwen/qwen-2.5-coder-32b-instruct:free"),
    ],
)
def test_spellings_of_a_model_are_one(names: tuple[str, ...]) -> None:
    """As configured, as the API has it, and as the bill does."""
    assert len({model_key(name) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("gpt-4.1", "gpt-4.1-mini"), ("claude-sonnet-4", "claude-sonnet-4.5"), ("qwen-7b", "qwen-14b")]
)
def test_other_models_are_others(one: str, other: str) -> None:
    """However alike."""
    assert model_key(one) != model_key(other)
