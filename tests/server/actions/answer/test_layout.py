"""Empty lines around are the original's."""

from __future__ import annotations

import pytest

from nearline_server.actions.answer import extracted
from tests.server.actions.answer.methods import BARE, METHOD, NEW


@pytest.mark.parametrize("around", [("", ""), ("\n", ""), ("", "\n\n"), ("  \n", "\n\t\n    ")])
def test_empty_lines_around_are_the_original_s(around: tuple[str, str]) -> None:
    """With their white space, and with or without a final line end."""
    before, behind = around

    assert extracted(f"```\n{BARE}\n\n```", before + METHOD + behind).code == before + NEW + behind
    assert extracted(f"```\n{BARE}```", METHOD.rstrip()).code == NEW.rstrip()
