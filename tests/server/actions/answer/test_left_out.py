"""Code that is not all there must not be applied."""

from __future__ import annotations

import pytest

from nearline_server.actions.answer import extracted
from tests.server.actions.answer.methods import METHOD, NEW


@pytest.mark.parametrize(
    "answer",
    [
        f"```python\n{NEW}",
        "```python\n    def f(self, x):\n        ret",
        f"Before:\n```python\n{METHOD}```\nAfter:\n```python\n    def f(self, x):\n",
        "```python\n    def f(self, x):\n        # ... existing code ...\n        return x\n```",
        "```python\n    def f(self, x):\n        y = x\n        # rest of the method remains the same\n```",
        "```python\n    def f(self, x):\n        y = x\n        # ...\n```",
        "```python\n    def f(self, x):\n        # Code unchanged\n        return x\n```",
        "<think>\nI could",
    ],
)
def test_code_without_its_end_or_with_a_gap_is_not_whole(answer: str) -> None:
    """Applied, it would delete what it does not repeat."""
    assert not extracted(answer, METHOD).whole


@pytest.mark.parametrize("comment", ["# Process the remaining items.", "# Leaves x unchanged.", "# Others return."])
def test_a_comment_about_code_is_no_gap(comment: str) -> None:
    """Only one that stands for code is."""
    assert extracted(f"```\ndef f(self, x):\n    {comment}\n    return x\n```", METHOD).whole
