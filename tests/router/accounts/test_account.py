"""What an account has beside its sums: ghost text, answers, events, groups."""

from __future__ import annotations

import pytest

from nearline_router.accounts.account import Event
from nearline_router.accounts.suggestions import Answers, Shown

from .books import Books, noon_us


def test_kept_characters_are_those_of_the_last_look(books: Books) -> None:
    """What nobody looked at again is in no share."""
    books.suggestion("2026-11-02")
    books.suggestion("2026-11-02", accepted_us=1, accepted_chars=20, whole=1, kept_30s=20, kept_120s=20, kept_600s=8)
    books.suggestion("2026-11-02", accepted_us=1, accepted_chars=10, kept_30s=10)
    books.suggestion("2026-11-02", accepted_us=1, accepted_chars=40, latency_us=200_000)

    assert books.account().shown == Shown(
        count=4, in_budget=3, chars=80, accepted=3, whole=1, accepted_chars=70, looked_chars=30, kept_chars=18
    )


def test_a_thousand_kept_characters_cost_what_ghost_text_cost(books: Books) -> None:
    """Warm-ups are part of it, explanations are not: (2 + 1) dollars for 500 characters are 6 for a thousand."""
    books.attempt("2026-11-02", full_nano=2 * 10**9)
    books.attempt("2026-11-02", full_nano=10**9, task="warm-up", warm_up=1)
    books.attempt("2026-11-02", full_nano=7 * 10**9, task="explain")
    books.suggestion("2026-11-02", accepted_us=1, accepted_chars=500, kept_600s=500)

    assert books.account().nano_per_kept_1000 == 6 * 10**9


def test_answers_in_time_are_of_all_answers(books: Books) -> None:
    """The empty ones too, and none of another month."""
    for day, found, in_budget, number in (
        ("2026-11-02", "model", 1, 70),
        ("2026-11-03", "model", 0, 20),
        ("2026-11-03", "none", 1, 10),
        ("2026-12-01", "model", 1, 1000),
    ):
        books.insert("answers", {"day": day, "found": found, "in_budget": in_budget, "count": number})

    assert books.account().answers == Answers(100, 80, {"model": 90, "none": 10})


def test_events_are_those_of_the_period_in_their_order(books: Books) -> None:
    """Of breakers and heat."""
    for day in ("2026-11-09", "2026-11-02", "2026-12-01"):
        values = {"at_us": noon_us(day), "endpoint": "studio", "kind": "heat", "state": "hot", "reason": "91 °C"}
        books.insert("events", values)

    assert books.account().events == tuple(
        Event(noon_us(day), "studio", "heat", "hot", "91 °C") for day in ("2026-11-02", "2026-11-09")
    )


@pytest.mark.parametrize(("dimension", "column"), [
    ("endpoint", "endpoint"), ("model", "model"), ("task", "task"), ("cost-centre", "cost_centre"),
    ("repository", "repository"), ("language", "language"), ("outcome", "outcome"),
])  # fmt: skip
def test_groups_have_the_dearest_first(books: Books, dimension: str, column: str) -> None:
    """By every dimension."""
    books.attempt("2026-11-02", **{column: "one"}, full_nano=1)
    books.attempt("2026-11-02", **{column: "other"}, full_nano=3)
    books.attempt("2026-11-03", **{column: "one"}, full_nano=1)
    groups = {name: group for name, group in books.account().groups.items() if name == dimension}[dimension]  # type: ignore[index]

    assert [(group.name, group.usage.full_nano) for group in groups] == [("other", 3), ("one", 2)]


def test_days_are_in_their_order(books: Books) -> None:
    """However dear."""
    books.attempt("2026-11-03", full_nano=9)
    books.attempt("2026-11-02", full_nano=1)

    assert [group.name for group in books.account().groups["day"]] == ["2026-11-02", "2026-11-03"]


def test_a_local_and_a_far_endpoint_of_one_name_are_told_apart(books: Books) -> None:
    """Its configuration was changed in the middle of the month."""
    books.attempt("2026-11-02", full_nano=1)
    books.attempt("2026-11-02", full_nano=5, local=0)
    account = books.account()

    assert (account.local.full_nano, account.far.full_nano, account.usage.full_nano) == (1, 5, 6)
    assert sum(usage.full_nano for usage in account.local_days().values()) == 1
