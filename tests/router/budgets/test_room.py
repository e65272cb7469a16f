"""What is left, and what is said when it is too little."""

from __future__ import annotations

import pytest

from nearline_router.budgets.room import UNLIMITED, Room

ROOM = Room(100, "hard", 50, "soft")


@pytest.mark.parametrize(("estimate", "verdict"), [(0, ""), (50, ""), (51, "soft"), (100, "soft"), (101, "hard")])
def test_the_hard_limit_speaks_before_the_soft_one(estimate: int, verdict: str) -> None:
    """Up to the limit itself there is room."""
    assert ROOM.verdict(estimate) == verdict


@pytest.mark.parametrize("left", [0, -5])
def test_what_costs_nothing_has_no_room_either_where_a_limit_was_reached(left: int) -> None:
    """Then only local endpoints are asked, which is what a limit of 0 is for."""
    assert Room(left, "hard").forbids(0) == "hard"
    assert Room(soft_nano=left, soft="soft").discourages(0)


def test_an_unknown_price_is_named_as_the_reason() -> None:
    """But not where the budget is used up anyway."""
    assert ROOM.forbids(None) == "its price is unknown and there is a budget"
    assert Room(0, "hard").forbids(None) == "hard"


@pytest.mark.parametrize("estimate", [0, 10**18, None])
def test_without_a_budget_there_is_room_for_everything(estimate: int | None) -> None:
    """Also for what nobody knows the price of."""
    assert UNLIMITED.verdict(estimate) == ""
