"""How much of accepted text is still in the document after 30 s, 2 min and 10 min."""

from __future__ import annotations

import pytest

from nearline_server.acceptance.watched import MOST_SPANS

from .desk import URI, Desk

HELLO = "hello world"


@pytest.fixture
def accepted(desk: Desk) -> Desk:
    """`hello world` was taken, in the second line of four."""
    desk.offer("import a\nx = ║\n\ny = 1\n", HELLO)
    desk.insert(13, HELLO)
    return desk


def test_text_that_stays_is_kept(accepted: Desk) -> None:
    """It is looked at three times, and each time is told when it has come."""
    accepted.pass_time(29.9)
    assert accepted.kept == (None, None, None)
    accepted.pass_time(0.2)
    assert accepted.kept == (11, None, None)
    accepted.pass_time(90)
    assert accepted.kept == (11, 11, None)
    accepted.pass_time(480)

    assert accepted.kept == (11, 11, 11)


def test_each_look_tells_what_is_there_then(accepted: Desk) -> None:
    """Changed in part after one look, and deleted after another; the sums of the session say the same."""
    accepted.pass_time(31)
    accepted.edit(18, 24, "")
    accepted.pass_time(90)
    accepted.edit(9, 18, "")
    accepted.pass_time(480)

    assert accepted.kept == (11, 5, 0)
    counts = accepted.acceptance.counts()
    assert (counts["kept_30s"], counts["kept_120s"], counts["kept_600s"]) == (11, 5, 0)


def test_editing_around_it_keeps_it(accepted: Desk) -> None:
    """Lines come and go above, the line goes on behind it, another one is inserted below."""
    accepted.insert(0, "import b\n# 😀\n")
    accepted.edit(0, 9, "")
    at = accepted.text.index(HELLO) + len(HELLO)
    accepted.type(at, "[0]")
    accepted.type(accepted.text.index("x ="), "xx")
    accepted.insert(len(accepted.text), "z = 2\n")
    accepted.pass_time(30)

    assert accepted.row.kept_30s == 11


def test_a_formatter_that_replaces_the_document_keeps_it(accepted: Desk) -> None:
    """Lines above and below it change in one edit."""
    accepted.edit(0, len(accepted.text), "import a\nimport b\n\nx = hello world\n\n\ny  = 1\n")
    accepted.pass_time(30)

    assert accepted.row.kept_30s == 11


def test_a_formatter_that_changes_it_keeps_most_of_it(desk: Desk) -> None:
    """Eight of ten characters by edit distance, whether it sends an edit or the whole text."""
    desk.offer("a=1\nx = ║\nb=2\n", "f(a,b)+c")
    desk.insert(8, "f(a,b)+c")
    desk.overwrite("a = 1\nx = f(a,b) + c\nb = 2\n")
    desk.pass_time(30)

    assert desk.row.kept_30s == round(8 * (1 - 2 / 10))


def test_deleted_and_brought_back_it_is_kept(accepted: Desk) -> None:
    """As an undo does, of it alone or of all around it."""
    accepted.edit(13, 24, "")
    accepted.insert(13, HELLO)
    text = accepted.text
    accepted.edit(0, len(text), "")
    accepted.insert(0, text)
    accepted.pass_time(30)

    assert accepted.row.kept_30s == 11


def test_in_a_closed_document_nobody_looks(accepted: Desk) -> None:
    """Not looked at is not the same as gone."""
    accepted.pass_time(31)
    accepted.acceptance.closed(URI)
    accepted.pass_time(600)

    assert accepted.kept == (11, None, None)


def test_the_time_begins_anew_with_each_part(desk: Desk) -> None:
    """All of what was taken is looked at, with what was typed between the parts."""
    desk.offer("x = ║\n", HELLO)
    at = desk.type(desk.insert(4, "hello"), " ")
    desk.pass_time(20)
    desk.insert(at, "world")
    desk.pass_time(29)
    assert (desk.taken, desk.kept) == ((10, True), (None, None, None))
    desk.pass_time(1)

    assert desk.row.kept_30s == 10
    assert desk.row.accepted_us == 1_020_000_000


def test_what_the_client_only_said_cannot_be_looked_at(desk: Desk) -> None:
    """No edit showed where it is."""
    number = desk.offer("x = ║\n", HELLO)
    desk.tell(lambda acceptance: acceptance.was_accepted(number))
    desk.pass_time(600)

    assert (desk.taken, desk.kept) == ((11, True), (None, None, None))


def test_after_a_sleep_all_that_is_due_is_looked_at(accepted: Desk) -> None:
    """Nothing was edited meanwhile, so what is there now was there then."""
    accepted.loop.jump(3600)
    accepted.pass_time(0)

    assert accepted.kept == (11, 11, 11)


def test_only_so_many_are_watched(desk: Desk) -> None:
    """The oldest one is left out, and has not been looked at."""
    desk.open("")
    for number in range(MOST_SPANS + 1):
        desk.offer_at(len(desk.text), "hello\n", suggestion=str(number))
        desk.insert(len(desk.text), "hello\n")
    desk.pass_time(30)

    assert [row.kept_30s for row in desk.rows.values()] == [None, *[6] * MOST_SPANS]


@pytest.mark.parametrize("end", ["closed", "looked at"])
def test_a_closed_document_and_what_was_looked_at_last_are_let_go(accepted: Desk, end: str) -> None:
    """Nothing of the user's text stays in memory for longer than it is needed, but what was offered."""
    (fate,) = accepted.acceptance._fates.values()
    assert (fate.span is None, fate.document is None) == (False, False)
    if end == "closed":
        accepted.acceptance.closed(URI)
    else:
        accepted.pass_time(600)

    assert (fate.span, fate.document) == (None, None)


def test_the_text_is_nowhere_in_the_row(accepted: Desk) -> None:
    """Only how long it is."""
    accepted.pass_time(600)

    assert "hello" not in repr(accepted.row)
