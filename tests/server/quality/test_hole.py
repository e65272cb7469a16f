"""What counts as the same, and how near a suggestion comes."""

from __future__ import annotations

import pytest

from nearline_server.quality.hole import Hole, exact, similarity


def hole(before: str, target: str, after: str) -> Hole:
    """A hole in a Python file, with nothing to check."""
    return Hole("f/0", "f", "f.py", "python", before, target, after)


LINE = hole("def f(a):\n", "    return a\n", "\nf(1)\n")
REST = hole("x = ", "[1, 2]", "\n")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("    return a", True),
        ("    return a\n", True),
        ("\n    return a  ", True),
        ("return a", False),
        ("    return a\n    pass", False),
        ("", False),
    ],
)
def test_only_space_that_nobody_sees_may_differ(text: str, same: bool) -> None:
    """Ends of lines and empty lines around do not count, indentation does."""
    assert exact(LINE, text) is same


def test_a_hole_of_whole_lines_is_an_empty_line_in_the_editor() -> None:
    """Its line end stays behind the cursor; that of a hole within a line stood there anyway."""
    assert LINE.behind_cursor == "\n\nf(1)\n"
    assert REST.behind_cursor == "\n"


def test_a_program_is_the_code_with_the_suggestion_and_its_check() -> None:
    """Nothing runs together with the next line."""
    checked = Hole("f/0", "f", "f.py", "python", "def f(a):\n", "    return a\n", "b = 1\n", check="assert f(1) == b")

    assert checked.program("    return 1") == "def f(a):\n    return 1\nb = 1\n\nassert f(1) == b\n"


def test_similarity_goes_from_nothing_to_all() -> None:
    """1 for the same text, 0 for none of it, between for a part."""
    assert similarity(REST, "[1, 2]\n") == 1
    assert similarity(REST, "xyz") == 0
    assert similarity(REST, "[1]") == pytest.approx(2 * 3 / 9)
