"""Which edits and which words of the client accept a suggestion, and how much of it. The cursor is drawn as ║."""

from __future__ import annotations

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .desk import URI, Desk

HELLO = "hello world"


def test_an_insertion_of_all_of_it_accepts_it(desk: Desk) -> None:
    """Editors that run no command insert exactly what was offered, where it was offered."""
    desk.offer("x = ║\n", HELLO)
    desk.pass_time(2)
    desk.insert(4, HELLO)

    assert desk.taken == (11, True)
    assert (desk.row.shown_us, desk.row.accepted_us) == (1_000_000_000, 1_002_000_000)


def test_an_insertion_of_its_beginning_accepts_a_part(desk: Desk) -> None:
    """VS Code runs nothing when a word of it is taken."""
    desk.offer("x = ║\n", HELLO)
    desk.insert(4, "hello")

    assert desk.taken == (5, False)


def test_parts_add_up_to_the_whole(desk: Desk) -> None:
    """Word by word, however the client asks again in between."""
    desk.offer("x = ║\n", HELLO + "!?")
    at = desk.insert(4, "hello")
    desk.offer_at(at, " world!?", begun=5)
    at = desk.insert(at, " world")
    assert desk.taken == (11, False)
    desk.insert(at, "!?")

    assert desk.taken == (13, True)
    assert desk.acceptance.counts()["accepted"] == 1


def test_characters_that_were_typed_are_not_accepted(desk: Desk) -> None:
    """Typing along and then taking the rest counts the rest, whether the client asked again or not."""
    desk.offer("x = ║\n", HELLO)
    at = desk.type(4, "hel")
    desk.insert(at, "lo world")

    assert desk.taken == (8, True)


def test_typing_it_is_not_accepting_it(desk: Desk) -> None:
    """Key by key it is the user's own text, and the row says that nothing was accepted."""
    desk.offer("x = ║\n", HELLO)
    desk.type(4, HELLO)

    assert (desk.row.accepted_us, desk.taken) == (None, (0, False))


@pytest.mark.parametrize(
    ("drawn", "text", "typed"),
    [("f║", "()", "()"), ("if x:║", "\n    return", "\n    "), ("║", "    return", "    "), ("x = ║", "'' + y", "''")],
)
def test_what_one_key_inserts_is_typing(desk: Desk, drawn: str, text: str, typed: str) -> None:
    """A bracket comes with its other half, a line end with its indentation."""
    desk.offer(drawn, text)
    desk.insert(drawn.index("║"), typed)

    assert desk.row.accepted_us is None


@pytest.mark.parametrize(("at", "text"), [(4, "Hello world"), (4, HELLO + "!"), (0, HELLO), (5, HELLO)])
def test_another_text_or_place_is_not_an_acceptance(desk: Desk, at: int, text: str) -> None:
    """Pasting something is the user's own doing."""
    desk.offer("x = ║ \n", HELLO)
    desk.insert(at, text)

    assert desk.row.accepted_us is None


def test_an_edit_may_replace_the_line_up_to_the_cursor(desk: Desk) -> None:
    """VS Code's way with a range that begins before the cursor."""
    desk.offer("x = ║\n", HELLO)
    desk.edit(0, 4, "x = " + HELLO)

    assert desk.taken == (11, True)


def test_what_an_item_replaces_is_not_accepted(desk: Desk) -> None:
    """The entry of the suggest widget and what was typed of it are not the model's."""
    desk.offer("a.de║\n", "(self)", lead="def_two")
    desk.open("a.de\n")
    desk.acceptance.closed(URI)
    desk.offer_at(2, "def_two(self)", lead="def_two")
    desk.edit(2, 4, "def_two(self)")

    assert desk.taken == (6, True)


def test_a_bracket_that_is_replaced_does_not_hide_an_acceptance(desk: Desk) -> None:
    """Our Neovim client draws over the bracket that was put there; its command says that all of it was taken."""
    number = desk.offer("f(║)\n", "a, b)")
    desk.edit(2, 3, "a, b)")
    assert desk.taken == (4, False)
    desk.tell(lambda acceptance: acceptance.was_accepted(number))

    assert desk.taken == (5, True)


def test_an_editor_may_tell_an_insertion_further_on(desk: Desk) -> None:
    """Neovim compares texts: `xyx` for `x` is an insertion behind the first character, as far as that can tell."""
    desk.offer("(║x)\n", "xy+")
    desk.insert(2, "y+x")

    assert desk.taken == (3, True)


def test_a_line_end_is_the_documents(desk: Desk) -> None:
    """What was offered with one kind is inserted with the other."""
    desk.offer("if x:║", "\n    f()\n    g()")
    desk.insert(5, "\r\n    f()\r\n    g()")

    assert desk.taken == (16, True)


def test_an_offer_moves_with_the_document(desk: Desk) -> None:
    """An import that is added above does not lose it."""
    desk.offer("x = ║\n", HELLO)
    desk.insert(0, "import a\n")
    desk.insert(len("import a\nx = "), HELLO)

    assert desk.taken == (11, True)


def test_an_offer_whose_place_was_replaced_is_gone(desk: Desk) -> None:
    """There is no telling any more what belongs there."""
    desk.offer("x = ║\n", HELLO)
    desk.edit(0, 5, "\ny = 2\n")
    desk.insert(0, HELLO)

    assert desk.row.accepted_us is None


def test_a_client_that_sends_whole_documents_accepts_too(desk: Desk) -> None:
    """What changed is found out."""
    desk.offer("x = ║\ny = 1\n", HELLO)
    desk.overwrite("x = hello world\ny = 1\n")

    assert desk.taken == (11, True)


def test_the_clients_word_and_the_edit_are_one_acceptance(desk: Desk) -> None:
    """In whichever order they come, and said twice."""
    number = desk.offer("x = ║\n", HELLO)
    desk.tell(lambda acceptance: acceptance.was_accepted(number))
    assert desk.taken == (11, True)
    desk.insert(4, HELLO)
    desk.tell(lambda acceptance: acceptance.was_accepted(number))

    assert desk.taken == (11, True)
    assert desk.acceptance.counts()["accepted_chars"] == 11


def test_a_part_that_the_client_tells_is_counted_once(desk: Desk) -> None:
    """The length counts UTF-16 from the item's beginning, with what was typed of it and what was taken before."""
    number = desk.offer("s = ║\n", "'😀' + b")
    at = desk.insert(4, "'😀'")
    desk.tell(lambda acceptance: acceptance.was_partially_accepted(number, 4))
    assert desk.taken == (3, False)
    at = desk.insert(at, " +")
    desk.tell(lambda acceptance: acceptance.was_partially_accepted(number, 6))

    assert desk.taken == (5, False)


def test_one_character_is_accepted_if_the_client_says_so(desk: Desk) -> None:
    """A word of one character looks like a key; behind what was typed it counts alone."""
    number = desk.offer("x = ║\n", "foo(1)")
    at = desk.type(4, "foo")
    desk.insert(at, "(")
    assert desk.row.accepted_us is None
    desk.tell(lambda acceptance: acceptance.was_partially_accepted(number, 4))

    assert desk.taken == (1, False)


def test_a_part_is_counted_when_it_is_told_before_the_edit(desk: Desk) -> None:
    """The edit adds where it stands, not another acceptance."""
    number = desk.offer("x = ║\n", HELLO)
    at = desk.insert(4, "hello")
    desk.tell(lambda acceptance: acceptance.was_partially_accepted(number, 11))
    assert desk.taken == (11, True)
    desk.insert(at, " world")
    desk.pass_time(30)

    assert (desk.taken, desk.row.kept_30s) == ((11, True), 11)


def test_an_acceptance_that_was_undone_and_done_again_is_one(desk: Desk) -> None:
    """The row tells of the newest."""
    desk.offer("x = ║\n", HELLO)
    desk.insert(4, HELLO)
    desk.pass_time(31)
    desk.edit(4, 15, "")
    desk.insert(4, HELLO)

    assert (desk.taken, desk.kept) == ((11, True), (None, None, None))
    assert desk.acceptance.counts()["accepted"] == 1


def test_a_closed_document_accepts_nothing(desk: Desk) -> None:
    """Opened again, the same insertion is only an insertion."""
    desk.offer("x = ║\n", HELLO)
    desk.acceptance.closed(URI)
    desk.open("x = \n")
    desk.insert(4, HELLO)

    assert desk.row.accepted_us is None


def test_the_newest_offer_is_the_one_that_an_edit_accepts(desk: Desk) -> None:
    """The one before it is not shown any more."""
    desk.offer("x = ║\n", "first")
    desk.offer_at(4, "second", suggestion="s2")
    desk.insert(4, "first")
    desk.insert(4, "second")

    assert (desk.rows["s1"].accepted_chars, desk.rows["s2"].accepted_chars) == (0, 6)


def test_an_unknown_number_is_nobodys(desk: Desk) -> None:
    """Nor is anything counted before there was an offer."""
    for number in (None, -1, 7):
        desk.tell(lambda acceptance, number=number: acceptance.was_shown(number))  # type: ignore[misc]
        desk.tell(lambda acceptance, number=number: acceptance.was_partially_accepted(number, 3))  # type: ignore[misc]
    desk.tell(lambda acceptance: acceptance.was_accepted(7))

    assert desk.rows == {}
    assert set(desk.acceptance.counts().values()) == {0}


@given(st.data())
def test_no_edit_breaks_anything(data: st.DataObject) -> None:
    """Whatever is edited, with every kind of line end; no more is accepted or kept than was offered."""
    text, offered = data.draw(st.text("ab \n\r", max_size=20)), data.draw(st.text("ab\n", min_size=1, max_size=8))
    at = data.draw(st.integers(0, len(text)))
    with closing(Desk()) as desk:
        desk.open(text)
        number = desk.offer_at(at, offered)
        if data.draw(st.booleans()):
            desk.insert(at, offered)
        for _ in range(data.draw(st.integers(0, 6))):
            end = data.draw(st.integers(0, len(desk.text)))
            desk.edit(data.draw(st.integers(0, end)), end, data.draw(st.text("ab \n\r", max_size=8)))
        if data.draw(st.booleans()):
            desk.tell(lambda acceptance: acceptance.was_accepted(number))
        desk.pass_time(30)

    assert 0 <= (desk.row.kept_30s or 0) <= desk.row.accepted_chars <= len(offered)
    assert desk.row.whole <= (desk.row.accepted_us is not None)


def test_each_acceptance_is_told(desk: Desk) -> None:
    """By the request of the suggestion; typing it is none."""
    told: list[str] = []
    desk.acceptance.on_taken = told.append
    number = desk.offer("x = ║\n", HELLO)
    at = desk.type(4, "he")
    assert told == []
    desk.insert(at, "llo")
    assert told == ["request"]
    desk.tell(lambda acceptance: acceptance.was_accepted(number))

    assert told == ["request", "request"]
