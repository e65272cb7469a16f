"""What counts as shown, and what the ledger is told of it."""

from __future__ import annotations

from .desk import Desk


def test_an_offer_of_a_client_that_tells_nothing_was_shown(desk: Desk) -> None:
    """Nobody knows better; the row is as it was first shown."""
    desk.offer("x = ║\n", "hello world")
    row = desk.row

    assert (row.id, row.request, row.shown_us, row.chars) == ("s1", "request", 1_000_000_000, 11)
    assert (row.found, row.latency_us, row.budget_us) == ("model", 90_000, 150_000)
    assert (row.language, row.repository, row.accepted_us) == ("python", "project", None)


def test_typing_along_is_one_row(desk: Desk) -> None:
    """One suggestion of the model, however often it is sent."""
    desk.offer("x = ║\n", "hello world")
    desk.pass_time(1)
    desk.offer_at(desk.type(4, "he"), "llo world", begun=2)

    assert (len(desk.rows), desk.row.chars, desk.row.shown_us) == (1, 11, 1_000_000_000)
    assert desk.acceptance.counts()["shown"] == 1


def test_a_client_that_tells_is_believed(desk: Desk) -> None:
    """From its first word on, what it did not draw was not shown."""
    first = desk.offer("x = ║\n", "one", suggestion="s1")
    desk.tell(lambda acceptance: acceptance.was_shown(first))
    desk.offer_at(4, "two", suggestion="s2")
    third = desk.offer_at(4, "three", suggestion="s3")
    desk.tell(lambda acceptance: acceptance.was_shown(third))
    desk.tell(lambda acceptance: acceptance.was_shown(third))

    assert list(desk.rows) == ["s1", "s3"]
    assert desk.acceptance.counts()["shown"] == 2


def test_a_client_need_not_say_which(desk: Desk) -> None:
    """It is the newest then."""
    desk.tell(lambda acceptance: acceptance.was_shown())
    desk.offer("x = ║\n", "one")
    assert desk.rows == {}
    desk.tell(lambda acceptance: acceptance.was_shown())

    assert list(desk.rows) == ["s1"]


def test_what_was_accepted_was_shown(desk: Desk) -> None:
    """Even if the client forgot to say so."""
    desk.tell(lambda acceptance: acceptance.was_shown())
    desk.offer("x = ║\n", "hello")
    desk.insert(4, "hello")

    assert (desk.row.shown_us, desk.taken) == (1_000_000_000, (5, True))


def test_every_answer_is_counted(desk: Desk) -> None:
    """With text or without; one row of counts, not of suggestions."""
    desk.acceptance.answered("model", in_budget=True)
    desk.acceptance.answered("none", in_budget=False)

    assert (desk.answers, desk.rows) == ([("model", True), ("none", False)], {})


def test_without_a_ledger_the_counts_go_on(desk: Desk) -> None:
    """`nearline.status` tells them all the same."""
    desk.acceptance.ledger = lambda: None
    desk.offer("x = ║\n", "hello")
    desk.insert(4, "hello")
    desk.acceptance.answered("model", in_budget=True)
    desk.pass_time(600)

    assert (desk.rows, desk.answers) == ({}, [])
    assert desk.acceptance.counts() == {
        "shown": 1, "accepted": 1, "partially_accepted": 0, "accepted_chars": 5,
        "kept_30s": 5, "kept_120s": 5, "kept_600s": 5,
    }  # fmt: skip


def test_only_so_many_suggestions_are_remembered(desk: Desk) -> None:
    """What is accepted long after it was offered is not known any more."""
    first = desk.offer("x = ║\n", "hello")
    for number in range(1000):
        desk.offer_at(4, "hello", suggestion=f"later {number}")
    desk.tell(lambda acceptance: acceptance.was_accepted(first))

    assert desk.acceptance.counts()["accepted"] == 0
