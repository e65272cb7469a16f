"""What a router finds out before money can be limited by it, and how that ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from nearline_router.errors import NoEndpoint
from nearline_router.learned import state_dir
from nearline_router.ledger import upkeep
from nearline_router.ledger.accounting import Accounting
from nearline_router.prices.price_list import PriceList
from tests.router.ledger.made import rows
from tests.router.routers import FAR, REQUEST, World, configured, router_in, text
from tests.waiting import settle, until

LISTED = {"provider": "openai", "model": "gpt-4o-mini", "api_key_env": "NOBODYS_KEY"}
# An answer costs 402 microdollars.
ANSWER = ["x"] * 200


def budget(usd: float) -> dict[str, Any]:
    """A hard one a day."""
    return {"accounting": {"budgets": [{"per": "day", "hard_usd": usd}]}}


def journals() -> list[str]:
    """Those that are there."""
    return [path.name for path in (state_dir() / "journals").glob("*.journal")]


async def test_a_budget_that_others_used_up_holds_from_the_first_request() -> None:
    """Though nobody waited until the router was ready."""
    for _ in range(2):
        router = router_in(World(lambda _: ANSWER), endpoints={"far": FAR}, **budget(0.000_5))
        await text(router)
        await router.aclose()
    router = router_in(World(lambda _: ANSWER), endpoints={"far": FAR}, **budget(0.000_5))
    with pytest.raises(NoEndpoint, match="is used up until"):
        await text(router)
    await router.aclose()

    assert len(rows(state_dir())) == 2


async def test_a_listed_price_is_known_to_the_first_request_where_money_is_limited() -> None:
    """A price that was not looked up yet is not unknown."""
    router = router_in(World(), endpoints={"far": LISTED}, **budget(1))
    assert await text(router) == "far"
    await router.aclose()


async def test_without_a_limit_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even for the lists."""
    monkeypatch.setattr(PriceList, "read", lambda _: pytest.fail("was read"))
    router = router_in(World(), endpoints={"far": LISTED})
    assert await text(router) == "far"
    await router.aclose()


async def test_a_reload_never_leaves_a_listed_price_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The new endpoints have their prices when they come into force, whatever the ledger takes."""
    go_on = threading.Event()
    router = router_in(World(), endpoints={"far": LISTED}, **budget(1))
    router.look_up_prices()
    monkeypatch.setattr(Accounting, "prepare", lambda *_: go_on.wait(30))
    config = configured(endpoints={"far": {**LISTED, "weight": 2.0}}, **budget(1))
    reload = asyncio.create_task(router.reload(config))
    await until(lambda: router.config is config, "the new configuration")
    try:
        assert router.decide(REQUEST).estimated_cost_usd
    finally:
        go_on.set()
        await reload
        await router.aclose()


async def test_closing_waits_for_what_is_still_being_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or nobody would ever close it."""
    reading, go_on = threading.Event(), threading.Event()

    def read(_: PriceList) -> None:
        reading.set()
        go_on.wait(30)

    monkeypatch.setattr(PriceList, "read", read)
    router = router_in(World(), endpoints={"far": LISTED})
    await router.ready()
    await until(reading.is_set, "the lists being read")
    closing = asyncio.create_task(router.aclose())
    await settle()
    go_on.set()
    await closing
    await asyncio.get_running_loop().shutdown_default_executor()

    assert journals() == []
    assert sorted(path.name for path in state_dir().glob("ledger.db*")) == ["ledger.db"]


async def test_looking_up_prices_leaves_no_journal() -> None:
    """Who only decides may never close the router."""
    router = router_in(World(), endpoints={"far": LISTED})
    router.look_up_prices()

    assert router.decide(REQUEST).estimated_cost_usd
    assert journals() == []
    await router.aclose()


async def test_a_ledger_that_is_switched_on_later_is_kept_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that is switched off is left alone."""
    asked: list[Callable[[], int | None]] = []

    async def kept_up(_: object, retention_days: Callable[[], int | None]) -> None:
        asked.append(retention_days)

    monkeypatch.setattr("nearline_router.ledger.opening.kept_up", kept_up)
    router = router_in(World(), endpoints={"far": FAR}, accounting={"enabled": False})
    await router.ready()
    await router.ready()
    await settle()
    (retention_days,) = asked
    assert retention_days() is None
    await router.reload(configured(endpoints={"far": FAR}, accounting={"retention_days": 7}))

    assert retention_days() == 7
    await router.aclose()


async def test_a_ledger_that_is_switched_on_later_has_the_prices_too() -> None:
    """Though they counted before, when nobody kept them."""
    router = router_in(World(), endpoints={"far": FAR}, accounting={"enabled": False})
    await text(router)
    await router.reload(configured(endpoints={"far": FAR}))
    await text(router)
    await router.aclose()

    assert rows(state_dir(), "SELECT version FROM prices") == rows(state_dir(), "SELECT price_version FROM attempts")


async def test_upkeep_leaves_out_the_days_on_which_nothing_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks again the next day."""
    kept: list[int] = []
    monkeypatch.setattr(upkeep, "FIRST_S", 0.0)
    monkeypatch.setattr(upkeep, "EVERY_S", 0.0)
    monkeypatch.setattr(upkeep, "keep_up", lambda _, days: kept.append(days))
    wanted = iter([None, 7, None, 9])
    task = asyncio.create_task(upkeep.kept_up(state_dir(), lambda: next(wanted, None)))
    await until(lambda: len(kept) == 2, "two days")
    task.cancel()
    await asyncio.wait([task])

    assert kept == [7, 9]
