"""Simulated users, who take suggestions of a kind with a probability of their own: what waiting saves and costs."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

import pytest

from nearline_server.completion.kind import Kind, kind_of
from nearline_server.completion.place import Place
from nearline_server.completion.reveal import Reveal
from tests.virtual_time import VirtualLoop

from .places import drawn, typed

KEY_S, REST_S = 0.2, 0.8
# Suggestions that nobody wants are followed by the next key, but sometimes by a thought.
THINKS = 0.2
SHOWN = {
    Kind.WORD_SHORT: (drawn("na║\n"), "me"),
    Kind.MEMBER_SHORT: (drawn("self.║\n"), "name"),
    Kind.LINE_REST_LONG: (drawn("x = ║\n"), "sum(one.price for one in basket)"),
    Kind.BLOCK: (drawn("for one in basket:║\n"), "\n    print(one)"),
}
HARDLY = {Kind.WORD_SHORT: 0.02, Kind.MEMBER_SHORT: 0.35, Kind.LINE_REST_LONG: 0.25, Kind.BLOCK: 0.04}


@dataclass
class Seen:
    """Suggestions by what the user saw of them; `late`: at rest only."""

    wanted_at_once: int = 0
    wanted_late: int = 0
    unwanted: int = 0


class User:
    """Takes what is wanted as soon as it is there, and waits for it; types on over all else."""

    def __init__(self, *, adaptive: bool) -> None:
        self.loop = VirtualLoop()
        self._adaptive = adaptive
        self._told: list[Place] = []
        self._reveal = Reveal(self._told.append, self.loop.time)
        self._reveal.client_asks_again = True
        self._chance = random.Random(7)
        self._numbers = 0

    def types(self, times: int, takes: Mapping[Kind, float]) -> Seen:
        """So many suggestions of all kinds."""

        async def type_all() -> Seen:
            seen = Seen()
            for _ in range(times):
                kind = self._chance.choice(list(takes))
                await self._meet(kind, self._chance.random() < takes[kind], self._chance.random() < THINKS, seen)
            return seen

        return self.loop.run_until_complete(type_all())

    async def _meet(self, kind: Kind, wanted: bool, thinks: bool, seen: Seen) -> None:
        self._numbers += 1
        (place, text), request = SHOWN[kind], str(self._numbers)
        at_once = shown = self._reveal.shows(place, text, request, adaptive=self._adaptive)
        await asyncio.sleep(REST_S if wanted or thinks else KEY_S)
        if self._told:
            shown = self._reveal.shows(self._told.pop(), text, request, adaptive=self._adaptive)
        if wanted and shown:
            self._reveal.taken(request)
            seen.wanted_at_once += at_once
            seen.wanted_late += not at_once
        seen.unwanted += shown and not wanted
        self._reveal.changed(typed(place, text if wanted and shown else "?"))


@pytest.fixture
def users() -> Iterator[tuple[User, User]]:
    """The same user with everything at once, and adaptive."""
    one, other = User(adaptive=False), User(adaptive=True)
    with closing(one.loop), closing(other.loop):
        yield one, other


def test_the_kinds_of_the_simulation_are_what_they_are_called() -> None:
    """Else it says something about others."""
    assert [kind_of(*shown) for shown in SHOWN.values()] == list(SHOWN)


def test_less_is_shown_that_nobody_wants(users: tuple[User, User]) -> None:
    """Not even two thirds of it, and all that is wanted is seen: nine tenths and more at once, the rest at rest."""
    at_once, adaptive = (user.types(3000, HARDLY) for user in users)

    assert adaptive.unwanted < 2 / 3 * at_once.unwanted
    assert adaptive.wanted_at_once + adaptive.wanted_late == at_once.wanted_at_once
    assert adaptive.wanted_at_once > 0.9 * at_once.wanted_at_once


def test_who_takes_suggestions_has_them_at_once(users: tuple[User, User]) -> None:
    """One in five of each kind is enough for 99 of 100, and a bad start does not last."""
    _, adaptive = users
    takes = dict.fromkeys(SHOWN, 0.2)
    seen, later = adaptive.types(3000, takes), adaptive.types(1000, takes)

    assert seen.wanted_at_once > 0.99 * (seen.wanted_at_once + seen.wanted_late)
    assert later.wanted_late == 0


def test_a_new_user_has_everything_at_once(users: tuple[User, User]) -> None:
    """Even one who takes nothing yet."""
    at_once, adaptive = (user.types(100, dict.fromkeys(SHOWN, 0.0)) for user in users)

    assert adaptive == at_once
    assert adaptive.unwanted == 100


def test_who_changes_their_mind_is_followed(users: tuple[User, User]) -> None:
    """A kind that is taken after all waits at first and comes at once again soon."""
    _, adaptive = users
    adaptive.types(2000, HARDLY)
    likes = HARDLY | {Kind.WORD_SHORT: 0.5}
    turning, later = adaptive.types(200, likes), adaptive.types(500, likes)

    assert turning.wanted_late > later.wanted_late
    assert later.wanted_at_once > 0.9 * (later.wanted_at_once + later.wanted_late)
