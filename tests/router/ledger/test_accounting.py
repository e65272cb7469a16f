"""Every attempt of a router is a row: however it ends, whoever asks, and never any text."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nearline_router.config.accounting import AccountingConfig
from nearline_router.errors import EndpointCut, EndpointUnavailable, RouterError
from nearline_router.learned import state_dir
from nearline_router.ledger.accounting import Accounting
from nearline_router.registry.profile import Profile
from nearline_router.router import Router
from nearline_router.spending import utc_today
from nearline_router.thermal.heat import HeatLevel
from nearline_router.types import Chat, Infill, Message, Priority, RoutingRequest
from tests.router.ledger.made import attempt, outcome, rows
from tests.router.routers import FAR, NEAR, REQUEST, World, configured, router_in, text
from tests.virtual_time import VirtualLoop
from tests.waiting import settle, until

HEDGE = {"hedge": {"enabled": True, "after_ms": 50, "max_usd_per_day": 10}}
CHEAP = {**FAR, "cost_per_mtok": 0.1}
WARM_UP = replace(REQUEST, warm_up=True, priority=Priority.WARM_UP, task="warm-up")


def table(*columns: str) -> list[tuple[Any, ...]]:
    """These columns of all attempts, in the order in which they were sent."""
    return rows(state_dir(), f"SELECT {', '.join(columns)} FROM attempts ORDER BY rowid")  # noqa: S608


def ends() -> list[tuple[Any, ...]]:
    """Who was asked, and how that ended."""
    return table("number", "endpoint", "outcome", "error")


@contextlib.asynccontextmanager
async def routing(script: Callable[[Profile], list[Any]], **values: Any) -> AsyncIterator[Router]:
    """A router in a scripted world, closed at the end."""
    router = router_in(World(script), **values)
    try:
        yield router
    finally:
        await router.aclose()


async def asked(script: Callable[[Profile], list[Any]], request: RoutingRequest = REQUEST, **values: Any) -> None:
    """One request to its end, whatever that is."""
    async with routing(script, **values) as router:
        with contextlib.suppress(RouterError):
            await text(router, request)


async def test_an_answer_is_a_row_with_all_that_was_known_of_it(tmp_path: Path) -> None:
    """Who asked for what, what was decided and predicted, what it took and cost."""
    hole = Infill("a", "b", "c", "x.py", "python")
    request = replace(
        REQUEST, prompt=hole, task="complete", cost_centre="team", id="mine",
        workspace=f"{tmp_path}/", latency_budget_ms=150.0, complexity="routine",
    )  # fmt: skip
    async with routing(lambda _: ["so", "me"], endpoints={"far": {**FAR, "role": "both", "model": "m"}}) as router:
        router.client = "Neovim"
        await router.open_workspace(f"{tmp_path}/")
        await text(router, request)

    columns = (
        "request", "number", "client", "task", "warm_up", "endpoint", "provider", "model", "local", "residency",
        "complexity", "budget_us", "characters", "max_output_tokens", "outcome", "error", "input_tokens",
        "cached_tokens", "output_tokens", "input_source", "cached_source", "output_source", "marginal_nano",
        "full_nano", "cost_source", "price_version", "cost_centre", "repository", "language",
    )  # fmt: skip
    # The scripted endpoint reports one token read and one for each of two pieces, at $2 a million.
    assert table(*columns) == [(
        "mine", 1, "Neovim", "complete", 0, "far", "openai-compatible", "m", 0, "", "routine", 150_000, 3, 8,
        "answered", "", 1, 0, 2, "exact", "exact", "exact", 6_000, 6_000, "exact", "config:34ee709f", "team",
        tmp_path.name, "python",
    )]  # fmt: skip
    assert all(value >= 0 for value in table("queued_us", "ttft_us", "total_us", "predicted_ttft_us")[0])


async def test_attempts_of_one_request_have_its_name_and_are_numbered() -> None:
    """Each has a name of its own, over all routers."""
    for _ in range(2):
        await asked(lambda _: [EndpointUnavailable("away")], endpoints={"first": CHEAP, "second": FAR})

    assert ends() == [
        (number, name, "failed", "EndpointUnavailable") for number, name in [(1, "first"), (2, "second")] * 2
    ]
    assert [len(set(column)) for column in zip(*table("id", "request"), strict=True)] == [4, 2]


async def test_an_answer_that_breaks_off_is_cut() -> None:
    """What came of it is the least it cost: two pieces, and the prompt as it is estimated."""
    await asked(lambda _: ["so ", "far", EndpointCut("cut")], endpoints={"far": FAR})

    assert ends() == [(1, "far", "cut", "EndpointCut")]
    assert table("output_tokens", "output_source", "cost_source") == [(2, "at least", "at least")]


def test_one_that_gives_no_content_in_time_is_slow(virtual_loop: VirtualLoop) -> None:
    """It was left for the next."""
    script: Callable[[Profile], list[Any]] = lambda profile: [asyncio.Event()] if profile.id == "first" else ["ok"]  # noqa: E731
    virtual_loop.run_until_complete(asked(script, endpoints={"first": CHEAP, "second": FAR}))

    assert ends() == [(1, "first", "slow", "EndpointSlow"), (2, "second", "answered", "")]


@pytest.mark.parametrize("loser", ["near", "far"])
def test_the_other_one_of_a_hedge_is_lost(loser: str, virtual_loop: VirtualLoop) -> None:
    """Whichever of the two that is."""

    def script(profile: Profile) -> list[Any]:
        late = asyncio.Event()
        virtual_loop.call_later(0.2, late.set)
        return [asyncio.Event()] if profile.id == loser else [late, "ok"]

    request = replace(REQUEST, complexity="complex")
    virtual_loop.run_until_complete(asked(script, request, endpoints={"near": NEAR, "far": FAR}, routing_policy=HEDGE))

    assert sorted(ends(), key=lambda row: row[1] != loser)[0][1:] == (loser, "lost", "")
    assert sorted(row[2] for row in ends()) == ["answered", "lost"]
    assert sorted(row[0] for row in ends()) == [1, 2]


def test_both_of_a_hedge_are_cancelled_when_the_asker_leaves(virtual_loop: VirtualLoop) -> None:
    """Nobody won."""

    async def leave() -> None:
        script: Callable[[Profile], list[Any]] = lambda _: [asyncio.Event()]  # noqa: E731
        task = asyncio.create_task(asked(script, endpoints={"near": NEAR, "far": FAR}, routing_policy=HEDGE))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])

    virtual_loop.run_until_complete(leave())

    assert [row[2] for row in ends()] == ["cancelled", "cancelled"]


@pytest.mark.parametrize("script", [[], ["so far"]], ids=["before content", "after content"])
async def test_one_whose_asker_leaves_is_cancelled(script: list[Any]) -> None:
    """That is no error."""
    async with routing(lambda _: [*script, asyncio.Event()], endpoints={"far": FAR}) as router:
        task = asyncio.create_task(text(router))
        await settle()
        task.cancel()
        await asyncio.wait([task])

    assert ends() == [(1, "far", "cancelled", "")]
    assert table("output_tokens", "output_source") == [(len(script), "at least")]


async def test_an_asker_that_reads_no_further_than_the_last_chunk_has_the_whole_answer() -> None:
    """It need not wait for the end behind it."""
    async with routing(lambda _: ["ok"], endpoints={"far": FAR}) as router, aclosing(router.stream(REQUEST)) as chunks:
        async for chunk in chunks:
            if chunk.finish:
                break

    assert ends() == [(1, "far", "answered", "")]


async def test_an_asker_that_leaves_before_it_is_sent_makes_no_row() -> None:
    """Whether it was still in the queue, or just behind it."""
    async with routing(lambda _: [asyncio.Event()], endpoints={"far": {**FAR, "max_concurrency": 1}}) as router:
        async with aclosing(router.stream(REQUEST)) as chunks:
            async for chunk in chunks:
                if chunk.queued_ms is not None:
                    break
        assert ends() == []
        tasks = [asyncio.create_task(text(router)) for _ in range(3)]
        await settle()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    assert len(ends()) == 1


async def test_background_work_that_gives_way_is_cancelled_and_says_why() -> None:
    """A keystroke took its place."""
    go_on = asyncio.Event()
    async with routing(lambda _: ["a", go_on, "b", "c"], endpoints={"near": {**NEAR, "max_concurrency": 1}}) as router:
        behind = asyncio.create_task(text(router, replace(REQUEST, priority=Priority.SPECULATION)))
        await settle()
        typed = asyncio.create_task(text(router))
        await settle()
        go_on.set()
        await asyncio.wait([behind, typed])

    assert [(row[2], row[3]) for row in ends()] == [("cancelled", "Superseded"), ("answered", "")]


async def test_a_warm_up_is_a_row_too() -> None:
    """It reads a prompt, which costs something."""
    await asked(lambda _: ["x"], WARM_UP, endpoints={"near": NEAR})

    assert table("warm_up", "task", "local", "outcome", "output_tokens") == [(1, "warm-up", 1, "answered", 1)]


async def test_an_error_that_nobody_foresaw_is_a_failure() -> None:
    """A mistake in a transport leaves no open row."""
    async with routing(lambda _: [ZeroDivisionError()], endpoints={"far": FAR}) as router:
        with pytest.raises(ZeroDivisionError):
            await text(router)

    assert ends() == [(1, "far", "failed", "ZeroDivisionError")]


async def test_an_attempt_that_runs_is_an_open_row() -> None:
    """Others can see it while it does."""
    async with routing(lambda _: [asyncio.Event()], endpoints={"far": FAR}) as router:
        task = asyncio.create_task(text(router))
        await settle()
        assert router.ledger is not None
        await asyncio.to_thread(router.ledger.flush)
        assert table("outcome", "closed_us", "cost_source") == [("open", None, "unknown")]
        task.cancel()
        await asyncio.wait([task])


async def test_no_text_is_kept_anywhere() -> None:
    """Of no prompt, no answer, no document, no folder but its name, and no key."""
    chat = Chat("hidden-1", (Message("user", "hidden-2"), Message("assistant", "hidden-3")))
    request = RoutingRequest(chat, 8, path="hidden-4.py", document="file:///hidden-5")
    async with routing(
        lambda _: ["hidden-6"], endpoints={"far": {**FAR, "host": "https://hidden-7.example"}}
    ) as router:
        await text(router, request)
        assert router.ledger is not None
        await asyncio.to_thread(router.ledger.flush)
        files = [path for path in state_dir().rglob("*") if path.is_file() and path.name != "egress.jsonl"]
        assert {"ledger.db", "ledger.db-wal"} <= {path.name for path in files}
        assert [path for path in files if b"hidden" in path.read_bytes()] == []


async def test_what_the_first_attempt_would_wait_for_is_done_when_a_router_gets_ready() -> None:
    """In a thread: the journal is there, and so is the database."""
    async with routing(lambda _: ["ok"], endpoints={"far": FAR}) as router:
        await router.ready()
        await until(lambda: (state_dir() / "ledger.db").exists(), "the ledger")

        assert len(list((state_dir() / "journals").glob("*.journal"))) == 1


async def test_switched_off_there_is_no_ledger() -> None:
    """And no file of it; what was spent is counted all the same."""
    async with routing(lambda _: ["x"] * 100, endpoints={"far": FAR}, accounting={"enabled": False}) as router:
        await text(router)
        assert router.ledger is None
        assert router.spending.usd == pytest.approx(101 * 2e-6)

    assert [path.name for path in state_dir().glob("ledger*")] == []


async def test_an_attempt_is_closed_though_the_ledger_was_switched_off_meanwhile() -> None:
    """It is an open row for nobody's reports."""
    go_on = asyncio.Event()
    async with routing(lambda _: [go_on], endpoints={"far": FAR}) as router:
        task = asyncio.create_task(text(router))
        await settle()
        await router.reload(configured(endpoints={"far": FAR}, accounting=AccountingConfig(enabled=False).model_dump()))
        go_on.set()
        await task

    assert ends() == [(1, "far", "answered", "")]


async def test_a_breaker_that_opens_and_closes_is_two_events() -> None:
    """With the reason; what was closed all the time is none."""
    async with routing(lambda _: [EndpointUnavailable("far: away")], endpoints={"far": FAR}) as router:
        router.upstreams["far"].breaker.reset()
        for _ in range(3):
            with pytest.raises(EndpointUnavailable):
                await text(router)
        router.upstreams["far"].breaker.reset()
        router.upstreams["far"].breaker.reset()

    assert rows(state_dir(), "SELECT endpoint, kind, state, reason FROM events") == [
        ("far", "breaker", "open", "far: away"),
        ("far", "breaker", "closed", "far: away"),
    ]


async def test_heat_is_an_event() -> None:
    """With the level's name."""
    async with routing(lambda _: [], endpoints={"near": NEAR}) as router:
        router._heat_changed("near", HeatLevel(1), "92 °C")

    [(kind, state, reason)] = rows(state_dir(), "SELECT kind, state, reason FROM events")
    assert (kind, state, reason) == ("heat", HeatLevel(1).name.lower(), "92 °C")


async def test_a_ledger_that_cannot_be_written_is_in_the_snapshot_and_stops_nothing() -> None:
    """Requests are answered as ever."""
    (state_dir() / "ledger.db").mkdir()
    async with routing(lambda _: ["ok"], endpoints={"far": FAR}) as router:
        assert router.snapshot()["ledger_trouble"] == ""
        assert await text(router) == "ok"
        assert router.ledger is not None
        await asyncio.to_thread(router.ledger.flush)

        assert router.snapshot()["ledger_trouble"].startswith("attempts cannot be recorded in ")
        assert await text(router) == "ok"
        (state_dir() / "ledger.db").rmdir()


async def test_what_another_process_spent_counts_here() -> None:
    """From the first commit on; and it is not counted twice."""
    async with routing(lambda _: ["x"] * 99, endpoints={"far": FAR}) as router:
        await text(router)
        assert router.ledger is not None
        await asyncio.to_thread(router.ledger.flush)
        assert router.spending.usd == pytest.approx(200e-6)
        other = Accounting(state_dir(), router.spending, router._clock).ledger
        assert other is not None
        other.open(attempt("other", opened_us=table("opened_us")[0][0]))
        other.close("other", outcome(marginal_nano=1_000_000_000))
        await asyncio.to_thread(other.flush)
        await text(router)
        await asyncio.to_thread(router.ledger.flush)

        assert router.spending.usd == pytest.approx(1.0004)


async def test_what_is_in_flight_counts_with_its_estimate() -> None:
    """Until it is known what it cost."""
    go_on = asyncio.Event()
    async with routing(lambda _: [go_on], endpoints={"far": FAR}) as router:
        estimate_usd = router.decide(REQUEST).estimated_cost_usd
        task = asyncio.create_task(text(router))
        await settle()
        assert router.spending.usd == pytest.approx(estimate_usd)
        go_on.set()
        await task

        # One token in, one out.
        assert router.spending.usd == pytest.approx(4e-6)


async def test_who_pays_is_found_by_the_rules_of_the_configuration() -> None:
    """By what the request comes from; its own word counts more."""
    rules = {"accounting": {"cost_centres": [{"name": "shop", "path": "shop/**"}]}}
    async with routing(lambda _: ["x"], endpoints={"far": FAR}, **rules) as router:
        await text(router, replace(REQUEST, path="shop/a.py"))
        await text(router, replace(REQUEST, path="b.py"))
        await text(router, replace(REQUEST, path="shop/a.py", cost_centre="mine"))

    assert table("cost_centre") == [("shop",), ("default",), ("mine",)]


async def test_a_path_counts_as_the_workspace_has_it(tmp_path: Path) -> None:
    """Editors give whole ones."""
    rules = {"accounting": {"cost_centres": [{"name": "shop", "path": "/shop/**"}]}}
    async with routing(lambda _: ["x"], endpoints={"far": FAR}, **rules) as router:
        await router.open_workspace(str(tmp_path))
        await text(router, replace(REQUEST, path=str(tmp_path / "shop" / "a.py"), workspace=str(tmp_path)))

    assert table("cost_centre") == [("shop",)]


async def test_a_budget_that_is_used_up_sends_work_to_who_costs_nothing() -> None:
    """And says so, once."""
    budget = {"accounting": {"budgets": [{"per": "day", "hard_usd": 0.000_1}]}}
    both = {"far": FAR, "near": {"provider": "llamacpp", "host": "http://127.0.0.1:9", "local": True, "role": "both"}}
    told: list[str] = []
    async with routing(lambda _: ["x"], endpoints=both, **budget) as router:
        router.on_notice = told.append
        answers = [router.decide(replace(REQUEST, complexity="complex")).endpoint]
        router._accounting.budgets.reserve("before", "default", 99_000, utc_today())
        for _ in range(2):
            await text(router, replace(REQUEST, complexity="complex"))

    assert answers == ["far"]
    assert table("endpoint") == [("near",), ("near",)]
    assert len(told) == 1
    assert "0.0001" in told[0]


async def test_an_attempt_for_which_no_budget_is_left_at_the_door_is_not_sent() -> None:
    """Another one was quicker; the next endpoint is asked."""
    budget = {"accounting": {"budgets": [{"per": "day", "hard_usd": 0.000_1}]}}
    async with routing(lambda _: ["x"], endpoints={"far": FAR}, **budget) as router:
        call = router._accounting.call

        def late(*values: Any) -> Any:
            router._accounting.budgets.reserve("quicker", "default", 99_999, utc_today())
            return call(*values)

        router._accounting.call = late  # type: ignore[method-assign]
        with pytest.raises(RouterError, match="budget"):
            await text(router)

    assert table("endpoint") == []


async def test_each_price_that_counts_is_kept() -> None:
    """With what it was made of, by its version."""
    async with routing(lambda _: ["x"], endpoints={"far": FAR}) as router:
        await text(router)
        await text(router)

    ((version,), (again,)) = table("price_version")
    assert version == again
    assert version.startswith("config:")
    with closing(sqlite3.connect(state_dir() / "ledger.db")) as connection:
        assert connection.execute("SELECT version, endpoint FROM prices").fetchall() == [(version, "far")]


NAMES = [
    ("/home/me/project", "project"),
    ("/home/me/project/", "project"),
    ("C:\\Users\\me\\project", "project"),
    ("/", ""),
    (None, ""),
    ("/half/\udcff", "?"),
]


@pytest.mark.parametrize(("workspace", "name"), NAMES)
async def test_a_repository_is_the_name_of_its_folder(workspace: str | None, name: str) -> None:
    """Not where it is."""
    await asked(lambda _: ["x"], replace(REQUEST, workspace=workspace), endpoints={"near": NEAR})

    assert table("repository") == [(name,)]


@pytest.fixture(autouse=True)
def no_open_rows() -> Iterator[None]:
    """Whatever happened is over when the router is closed."""
    yield

    assert [row for row in ends() if row[2] == "open"] == []
