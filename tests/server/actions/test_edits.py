"""The smallest edits, what they do, and where they go when the user typed on."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nearline_server.actions.answer import extracted
from nearline_server.actions.edits import MOST_COMPARED, applied, edits_for, inside, rebased
from nearline_server.actions.span_text import text_in
from nearline_server.actions.values import Edit, Point, Span
from nearline_server.documents.buffer import Buffer, split_lines

# Every line end, what is none, half a pair, an emoji of several characters, a combining accent.
ALPHABET = "ab \t\r\n\x0c\u2028\x85é漢😀\u0301\u200d\ud83d"
TEXT = st.text(alphabet=ALPHABET, max_size=30) | st.lists(st.sampled_from(["ab\n", "a\r", "\r\n", "c\n"])).map("".join)
PLACE = st.tuples(st.integers(0, 8), st.integers(0, 8))


def spans(text: str) -> list[Point]:
    """Every place of a text."""
    buffer = Buffer(text)
    return [(n, c) for n in range(buffer.line_count) for c in range(buffer.clamp(n, 10**9)[1] + 1)]


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, Span]:
    """A text and two of its places."""
    text = draw(TEXT)
    places = st.sampled_from(spans(text))
    start, end = sorted([draw(places), draw(places)])
    return text, Span(start, end)


def offset(text: str, place: Point) -> int:
    """Where a place is in a text."""
    return sum(map(len, split_lines(text)[: place[0]])) + place[1]


def replaced(text: str, span: Span, new: str) -> str:
    """The text with exactly the span replaced."""
    return text[: offset(text, span.start)] + new + text[offset(text, span.end) :]


def whole(text: str) -> Span:
    """From the first place to the last."""
    return Span((0, 0), spans(text)[-1])


@given(texts_with_spans(), TEXT)
def test_the_edits_replace_the_span_and_nothing_else(chosen: tuple[str, Span], new: str) -> None:
    """What is before and after the span stays byte for byte; every edit is in it, in order, at places that exist."""
    text, span = chosen

    edits = edits_for(text, span, new)

    assert applied(text, edits) == replaced(text, span, new)
    assert inside(edits, span)
    assert all(a.span.end <= b.span.start for a, b in pairwise(edits))
    assert {place for edit in edits for place in (edit.span.start, edit.span.end)} <= set(spans(text))


@given(
    texts_with_spans(),
    TEXT | st.lists(st.sampled_from(["```\n", "~~~", "a\n", "Sure, here it is:\n", "    b\r\n"])).map("".join),
)
def test_whatever_a_model_answers_only_the_span_changes(chosen: tuple[str, Span], answer: str) -> None:
    """The whole way from an answer to the document."""
    text, span = chosen
    code = extracted(answer, text_in(text, span)).code
    assume(code is not None)

    after = applied(text, edits_for(text, span, code or ""))

    assert after == replaced(text, span, code or "")


@given(TEXT)
def test_the_same_text_is_no_edit(text: str) -> None:
    """Nothing is to be previewed, undone or announced."""
    assert edits_for(text, whole(text), text) == ()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            "def f(x):\n    return x\n",
            'def f(x):\n    """Why."""\n    return x\n',
            [((1, 0), (1, 0), '    """Why."""\n')],
        ),
        ("def f(x):\r\n    pass\r\n", "def f(x: int):\r\n    pass\r\n", [((0, 7), (0, 7), ": int")]),
        ("a = 1\nb = 2\nc = 3\n", "a = 1\nc = 3\n", [((1, 0), (2, 0), "")]),
        ("total = count + 1", "total = number + 1", [((0, 8), (0, 13), "number")]),
        ("first(1); second(2)", "first(3); second(4)", [((0, 6), (0, 7), "3"), ((0, 17), (0, 18), "4")]),
        ("a\rb\rc", "a\rx\rc", [((1, 0), (1, 1), "x")]),
        ("a\r\nb", "a\nb", [((0, 1), (1, 0), "\n")]),
        ("a\nb", "a\r\nb", [((0, 1), (0, 1), "\r")]),
        ("", "a", [((0, 0), (0, 0), "a")]),
        ("a\n", "a\nb\n", [((1, 0), (1, 0), "b\n")]),
        ("s = '😀a'", "s = '😀b'", [((0, 6), (0, 7), "b")]),
    ],
)
def test_the_edits_are_the_smallest(before: str, after: str, expected: list[tuple[Point, Point, str]]) -> None:
    """An added docstring is one insertion; never half of a line end."""
    assert edits_for(before, whole(before), after) == tuple(Edit(Span(a, b), new) for a, b, new in expected)


def test_words_that_share_only_crumbs_are_one_edit() -> None:
    """Nobody can read a preview of single brackets."""
    assert len(edits_for("f(a, b)", Span((0, 0), (0, 7)), "g(c, d)")) == 1


def test_too_much_to_compare_is_one_edit() -> None:
    """The time is bounded, whatever the model says."""
    size = int(MOST_COMPARED**0.5) + 1
    before = "".join(f"a{number}\n" for number in range(size))
    after = "".join(f"b{number}\n" if number % 2 else f"a{number}\n" for number in range(size + 1))

    edits = edits_for(before, whole(before), after)

    assert applied(before, edits) == after
    assert len(edits) == 1


def test_a_span_beyond_the_document_ends_with_it() -> None:
    """Places that do not exist are the nearest ones."""
    assert applied("a\nb", edits_for("a\nb", Span((1, 0), (9, 9)), "c")) == "a\nc"
    assert applied("a\r\nb", edits_for("a\r\nb", Span((0, 0), (0, 9)), "c")) == "c\r\nb"


def test_edits_may_come_in_any_order() -> None:
    """All are on the same text."""
    edits = [Edit(Span((1, 0), (1, 1)), "y"), Edit(Span((0, 0), (0, 1)), "x")]

    assert applied("a\nb", edits) == "x\ny"


def test_edits_that_overlap_are_refused() -> None:
    """Better none than half of one."""
    edits = [Edit(Span((0, 0), (0, 2)), "x"), Edit(Span((0, 1), (0, 3)), "y")]

    with pytest.raises(ValueError, match="overlap"):
        applied("abc", edits)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [((1, 0), (2, 0), True), ((0, 9), (1, 0), False), ((1, 5), (2, 1), False), ((1, 3), (1, 2), False)],
)
def test_inside_is_from_the_start_to_the_end(start: Point, end: Point, expected: bool) -> None:
    """Both places of an edit count."""
    assert inside([Edit(Span(start, end), "")], Span((1, 0), (2, 0))) is expected


BEFORE = "import a\n\n\ndef f(x):\n    return x\n\n\ndef g(y):\n    return x\n"
ASKED = (Edit(Span((4, 11), (4, 12)), "x + 1"),)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import a\n", "import a\nimport b\n"),
        ("def g(y)", "def g(yy)"),
        ("    return x\n\n", "    return x\n\n# x\n"),
        ("import a", "import é😀"),
        ("import a\n\n\n", ""),
    ],
)
def test_an_edit_moves_with_its_line(before: str, after: str) -> None:
    """What was typed elsewhere stays, and the edit is where it was meant."""
    typed = BEFORE.replace(before, after, 1)

    moved = rebased(ASKED, BEFORE, typed)

    assert moved is not None
    assert applied(typed, moved) == typed.replace("return x\n", "return x + 1\n", 1)


def test_an_edit_between_two_changes_is_found_by_its_lines() -> None:
    """The user typed above and below while the model worked."""
    typed = "import b\n" + BEFORE.replace("def g(y)", "def g(z)")

    moved = rebased(ASKED, BEFORE, typed)

    assert moved == (Edit(Span((5, 11), (5, 12)), "x + 1"),)


@pytest.mark.parametrize(
    "typed",
    [
        BEFORE.replace("return x\n\n", "return xy\n\n"),
        BEFORE.replace("return x\n\n", "return y\n\n"),
        BEFORE.replace("    return x\n\n", "\n"),
        "",
        "else\n",
        BEFORE.replace("import a", "import b").replace("return x", "return z"),
    ],
)
def test_an_edit_whose_place_was_changed_no_longer_fits(typed: str) -> None:
    """Then it is for the user to read, not for the editor to apply."""
    assert rebased(ASKED, BEFORE, typed) is None


def test_an_edit_on_a_line_that_was_doubled_is_not_guessed() -> None:
    """Nobody can tell which of the two was there first."""
    edit = (Edit(Span((0, 0), (0, 1)), "b"),)

    assert rebased(edit, "a\nc", "a\na\nc") is None


def test_where_nothing_changed_the_edits_stay() -> None:
    """The usual case."""
    assert rebased(ASKED, BEFORE, BEFORE) == ASKED


@given(texts_with_spans(), texts_with_spans(), TEXT, TEXT)
def test_rebased_is_as_if_it_had_been_edited_first(
    chosen: tuple[str, Span], other: tuple[str, Span], new: str, typed: str
) -> None:
    """One change of the user that does not touch the edits: they do the same in either order, or are given up."""
    before, span = chosen
    edits = edits_for(before, span, new)
    places = spans(before)
    low, high = (places[min(len(places) - 1, offset(other[0], place))] for place in (other[1].start, other[1].end))
    assume(all(edit.span.end < low or edit.span.start > high for edit in edits))
    change = Edit(Span(low, high), typed)
    after = applied(before, [change])

    moved = rebased(edits, before, after)

    assert moved is None or applied(after, moved) == applied(before, [*edits, change])


@given(st.lists(st.sampled_from("abcde"), min_size=4, max_size=12), st.data())
def test_what_does_not_touch_is_never_given_up(words: list[str], data: st.DataObject) -> None:
    """Lines that are told apart, new text that is nowhere else: the edit always finds its place."""
    lines = [f"{chr(ord('A') + number)} {word}\n" for number, word in enumerate(words)]
    at = data.draw(st.integers(1, len(lines) - 2))
    above, below = data.draw(st.integers(0, at - 1)), data.draw(st.integers(at + 1, len(lines) - 1))
    edits = (Edit(Span((at, 0), (at, 1)), "Q"),)
    typed = [*lines]
    typed[above], typed[below] = "X" + typed[above], typed[below] + "Y\n"

    moved = rebased(edits, "".join(lines), "".join(typed))

    assert moved is not None
    assert applied("".join(typed), moved) == "".join([*typed[:at], "Q" + typed[at][1:], *typed[at + 1 :]])
