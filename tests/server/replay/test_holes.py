"""Bodies, in languages with braces and without."""

from __future__ import annotations

import pytest

from nearline_server.replay.holes import Hole, bodies

PYTHON = (
    "import os\n\n\ndef f(first, second):\n    value = first + second\n\n    return value * 2  # twice\n\n\nx = 1\n"
)
C = "int f(int a)\n{\n    int value = a + 1;\n    return value * value * 2;\n}\n"


def taken(text: str) -> list[str]:
    return [text[hole.start : hole.end] for hole in bodies(text)]


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (PYTHON, "\n    value = first + second\n\n    return value * 2  # twice"),
        (C, "\n    int value = a + 1;\n    return value * value * 2;"),
    ],
)
def test_a_body_is_what_is_indented_below_a_line(text: str, body: str) -> None:
    """From the end of its header to the end of its last line; blank lines inside belong to it, those behind do not."""
    assert taken(text) == [body]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f():\n    return 1\n", id="one short line"),
        pytest.param("def f():\n" + "    # nothing but words of somebody\n" * 4, id="comments"),
        pytest.param("def f():\n" + f"    x = '{'a' * 200}'\n" * 3, id="data"),
        pytest.param("def f():\n" + "    value = compute(1)\n" * 60, id="too long"),
        pytest.param("/*\n * A comment that is indented below its first line.\n * And goes on.\n */\n", id="C"),
    ],
)
def test_what_is_no_body_worth_typing_is_none(text: str) -> None:
    """Too short, too long, or no code."""
    assert taken(text) == []


def test_bodies_of_one_file_may_overlap() -> None:
    """A body within a body; whoever wants two asks whether they do."""
    text = "class A:\n    def f(self, first):\n        value = first + self.rest\n        return value * 2\n"
    outer, inner = bodies(text)

    assert outer.overlaps(inner)
    assert inner.overlaps(outer)
    assert not Hole(0, 10).overlaps(Hole(11, 20))
