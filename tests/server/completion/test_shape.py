"""Whether a line or a block is asked for, and what bounds the answer. The cursor is drawn as ║."""

from __future__ import annotations

import pytest

from nearline_server.completion.shape import NEIGHBOUR_LINES, asks_for_block, trim_context

from .places import drawn


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):║",
        "def f(x):\n    ║",
        "def f(x):\n\n    ║\n",
        "if (x) {║",
        "if (x) {\n  ║\n}",
        "const f = (x) =>║",
        "match x {\n    Some(y) ->║",
        "foo(\n    ║\n)",
        "x = [\n    ║\n]",
        "if true; then\n  ║",
        "for x in y; do║",
        "items.each do\n  ║",
        "begin\n  ║",
        "else║",
        "key: {\r\n    ║\r\n}",
    ],
)
def test_where_a_block_begins_a_block_is_asked_for(text: str) -> None:
    """Behind what opens one, on its line or on the empty line below."""
    assert asks_for_block(drawn(text), invoked=False) is True


@pytest.mark.parametrize(
    "text",
    ["x = ║", "x = 1\n║", "║", "foo(║)", "lambda x:║)", "x[1:║", "f(a:║", "def f(x):║ pass", "something║", "redo║"],
)
def test_elsewhere_typing_asks_for_the_rest_of_the_line(text: str) -> None:
    """Also inside brackets, where a colon opens no block, and where code follows on the line."""
    assert asks_for_block(drawn(text), invoked=False) is False


def test_an_invocation_asks_for_a_block_wherever_there_is_room() -> None:
    """Several lines make sense at the end of a line, not in the middle of one."""
    assert asks_for_block(drawn("x = ║"), invoked=True) is True
    assert asks_for_block(drawn("foo(║)"), invoked=True) is False


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_neighbours_of_a_place_are_whole_lines(end: str) -> None:
    """Lines on either side come without their ends, whatever these are."""
    context = trim_context(drawn(end.join(["one", "two", "thr║ee", "four", "five"])), multiline=True)

    assert (context.before, context.after) == ("thr", "ee")
    assert (context.lines_before, context.lines_after) == (("one", "two"), ("four", "five"))
    assert (context.language, context.multiline, context.complete) == ("python", True, True)


@pytest.mark.parametrize(
    ("text", "lines_before", "lines_after"),
    [
        ("║", (), ()),
        ("║\n", (), ("",)),
        ("\n║", ("",), ()),
        ("a\n\n║\n\nb\n", ("a", ""), ("", "b", "")),
    ],
)
def test_empty_neighbours_are_lines_too(text: str, lines_before: tuple[str, ...], lines_after: tuple[str, ...]) -> None:
    """An empty line is a line; where the document begins or ends there is none."""
    context = trim_context(drawn(text), multiline=False)

    assert (lines_before, lines_after) == (context.lines_before, context.lines_after)


def test_only_near_neighbours_count() -> None:
    """A few lines on either side, the nearest."""
    lines = [str(number) for number in range(100)]
    context = trim_context(drawn("\n".join([*lines, "║", *lines])), multiline=False)

    assert (tuple(lines[-NEIGHBOUR_LINES:]), tuple(lines[:NEIGHBOUR_LINES])) == (
        context.lines_before,
        context.lines_after,
    )


def test_a_form_feed_does_not_end_a_neighbour() -> None:
    """Lines are the protocol's here too."""
    context = trim_context(drawn("a\x0cb\n║\nc\u2028d"), multiline=False)

    assert (context.lines_before, context.lines_after) == (("a\x0cb",), ("c\u2028d",))
