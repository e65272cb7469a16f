"""The record of what left: one line an attempt, never text, whole lines from several processes, and no harm."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from nearline_router import egress
from nearline_router.egress import FILE, OLDER, EgressRecord, recorded, size_bytes
from nearline_router.errors import EndpointUnavailable, NoEndpoint
from nearline_router.learned import state_dir
from nearline_router.types import Chat, Infill, Message, Prompt, RoutingRequest, Snippet
from tests.router.policy.worlds import endpoint
from tests.router.residency.test_secrets import MIXED
from tests.router.routers import FAR, NEAR, REQUEST, SECRET, World, router_in, text
from tests.virtual_time import VirtualLoop
from tests.waiting import settle

PROFILE, _ = endpoint("far", provider="openai-compatible", host="https://far.example:8443/v1", model="m")
TOKEN = "gh" + "p_" + MIXED[:36]
NOW_S = 1_790_000_000.25


async def lines_after(world: World, *requests: RoutingRequest, **values: Any) -> list[dict[str, Any]]:
    """What is recorded when a router was asked all these."""
    router = router_in(world, **values)
    for request in requests:
        with contextlib.suppress(EndpointUnavailable, NoEndpoint):
            await text(router, request)
    await router.aclose()
    return list(recorded(state_dir()))


async def test_an_attempt_far_away_is_a_line_with_what_it_was() -> None:
    """When, to whom, what for, how much, and why it was allowed."""
    began = datetime.now(UTC)
    [line] = await lines_after(World(), RoutingRequest("größe", 8, task="ask"), endpoints={"far": FAR | {"model": "m"}})

    assert abs((datetime.fromisoformat(line.pop("time")) - began).total_seconds()) < 60
    assert line == {
        "endpoint": "far",
        "host": "far.example",
        "model": "m",
        "task": "ask",
        "bytes": 7,
        "rule": "cost",
        "residency": "nothing holds it",
        "redactions": 0,
    }


async def test_what_stays_with_the_user_is_not_recorded() -> None:
    """Neither what a local endpoint answers nor what nobody may."""
    assert await lines_after(World(), REQUEST, SECRET, endpoints={"near": NEAR}) == []
    assert await lines_after(World(), SECRET, endpoints={"far": FAR}) == []
    assert not (state_dir() / FILE).exists()


async def test_each_attempt_of_a_failover_counts() -> None:
    """What failed has left all the same; the local one in between has not."""
    world = World(lambda profile: ["ok"] if profile.id == "third" else [EndpointUnavailable("away")])
    endpoints = {"first": FAR | {"cost_per_mtok": 0.1}, "near": NEAR, "third": FAR}
    lines = await lines_after(world, REQUEST, endpoints=endpoints)

    assert [len(world.of(name).history) for name in endpoints] == [1, 1, 1]
    assert [line["endpoint"] for line in lines] == ["first", "third"]


def test_the_loser_of_a_hedge_counts(virtual_loop: VirtualLoop) -> None:
    """It has left, though its answer was not shown."""
    hang = asyncio.Event()
    world = World(lambda profile: [hang] if profile.id == "far" else ["near"])
    hedge = {"hedge": {"enabled": True, "after_ms": 50, "max_usd_per_day": 10}}
    request = replace(REQUEST, complexity="complex")
    asked = lines_after(world, request, endpoints={"near": NEAR, "far": FAR}, routing_policy=hedge)
    lines = virtual_loop.run_until_complete(asked)

    assert [len(world.of(name).history) for name in ("near", "far")] == [1, 1]
    assert [(line["endpoint"], line["rule"]) for line in lines] == [("far", "complexity")]


async def test_one_that_was_left_in_its_queue_does_not_count() -> None:
    """Nothing was sent."""
    hang = asyncio.Event()
    router = router_in(World(lambda _: [hang]), endpoints={"far": FAR | {"max_concurrency": 1}})
    tasks = [asyncio.create_task(text(router)) for _ in range(3)]
    await settle()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await router.aclose()

    assert len(list(recorded(state_dir()))) == 1


async def test_equal_requests_side_by_side_each_count() -> None:
    """With the same object too."""
    router = router_in(World(), endpoints={"far": FAR})
    await asyncio.gather(*[text(router, REQUEST) for _ in range(5)])
    await router.aclose()

    assert [line["rule"] for line in recorded(state_dir())] == ["cost"] * 5


async def test_a_pin_is_why_it_was_allowed() -> None:
    """As the decision says."""
    lines = await lines_after(World(), replace(REQUEST, pin="far"), endpoints={"near": NEAR, "far": FAR})

    assert [(line["endpoint"], line["rule"]) for line in lines] == [("far", "pinned")]


VERDICTS = [
    ("redact", TOKEN, "secrets redacted", 1, len("[redacted: GitHub token]")),
    ("redact", "plain", "nothing holds it", 0, 5),
    ("local", "plain", "nothing holds it", 0, 5),
    ("allow", TOKEN, "secrets allowed", 0, 40),
    ("allow", "plain", "secrets allowed", 0, 5),
]


@pytest.mark.parametrize(("secrets", "prompt", "verdict", "redactions", "size"), VERDICTS)
async def test_the_residency_verdict_is_told_with_what_was_redacted(
    secrets: str, prompt: str, verdict: str, redactions: int, size: int
) -> None:
    """The bytes are those that left."""
    [line] = await lines_after(
        World(), RoutingRequest(prompt, 8), endpoints={"far": FAR}, residency={"secrets": secrets}
    )

    assert (line["residency"], line["redactions"], line["bytes"]) == (verdict, redactions, size)


async def test_no_text_is_recorded() -> None:
    """Of no prompt, no answer, no document and no key."""
    chat = Chat("hidden-1", (Message("user", "hidden-2"), Message("assistant", "hidden-3")))
    request = RoutingRequest(chat, 8, path="hidden-4.py", document="file:///hidden-5", workspace=None)
    endpoints = {"far": FAR | {"host": "https://far.example/hidden-6"}}
    lines = await lines_after(World(lambda _: ["hidden-7"]), request, endpoints=endpoints)

    assert len(lines) == 1
    assert "hidden" not in (state_dir() / FILE).read_text()


@pytest.mark.parametrize(
    ("prompt", "size"),
    [
        ("", 0),
        ("é😀", 6),
        (Infill("ab", "é", "c", "x.py", "python"), 5),
        (Infill("ab", "é", "c", "x.py", "python", context=(Snippet("y.py", "python", "d😀"),)), 10),
        (Chat("s", (Message("user", "é"), Message("user", "b"))), 4),
        ("\ud800", 3),
    ],
)
def test_the_size_is_that_of_the_text_in_utf_8(prompt: Prompt, size: int) -> None:
    """Half a surrogate pair, as an editor may send, is no error."""
    assert size_bytes(prompt) == size


def record(folder: Path, **values: Any) -> EgressRecord:
    """One whose clock stands still."""
    return EgressRecord(folder, lambda: NOW_S, **values)


def add(to: EgressRecord, *tasks: str) -> None:
    """An attempt for each task, written."""
    for task in tasks:
        to.add(PROFILE, RoutingRequest("text", 8, task=task), "cost", "nothing holds it", 0)
    to.flush()


def test_the_time_is_utc_and_the_host_has_its_port_and_no_path(tmp_path: Path) -> None:
    """Such as `far.example:8443`."""
    add(record(tmp_path), "ask")
    [line] = recorded(tmp_path)

    assert (line["time"], line["host"]) == ("2026-09-21T14:13:20.250+00:00", "far.example:8443")


@pytest.mark.skipif(os.name == "nt", reason="modes are those of POSIX")
def test_the_file_is_the_users_alone(tmp_path: Path) -> None:
    """Also where the folder had to be made."""
    add(record(tmp_path / "new"), "ask")

    assert stat.S_IMODE((tmp_path / "new" / FILE).stat().st_mode) == 0o600


def test_a_full_file_is_kept_once_and_a_new_one_begun(tmp_path: Path) -> None:
    """Never more than twice the size is on the disk, and what is newest is there."""
    tasks = [f"t{number}" for number in range(50)]
    add(record(tmp_path, most_bytes=1000), *tasks)
    kept = [line["task"] for line in recorded(tmp_path)]

    assert (tmp_path / FILE).stat().st_size <= 1000
    assert (tmp_path / OLDER).stat().st_size <= 1000
    assert 4 < len(kept) < 15
    assert kept == tasks[-len(kept) :]


WRITER = """
import sys
from pathlib import Path
from nearline_router.egress import EgressRecord
from nearline_router.types import RoutingRequest
from tests.router.policy.worlds import endpoint
profile, _ = endpoint("far", provider="openai-compatible", host="https://far.example", model="m" * 300)
record = EgressRecord(Path(sys.argv[1]), most_bytes=int(sys.argv[3]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(100):
    record.add(profile, RoutingRequest("text", 8, task=f"{sys.argv[2]}-{number}"), "cost", "nothing holds it", 0)
"""


def written_by_four(folder: Path, most_bytes: int) -> list[str]:
    """The tasks that are recorded when four processes write a hundred each, at the same time, and just end."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), str(number), str(most_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for number in range(4)
    ]
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    assert [process.communicate("go\n", timeout=60)[0] for process in running] == [""] * 4
    assert [process.returncode for process in running] == [0] * 4
    lines = [line for path in folder.glob("*.jsonl") for line in path.read_text().splitlines()]
    return [json.loads(line)["task"] for line in lines]


def test_several_processes_append_whole_lines(tmp_path: Path) -> None:
    """None is lost, also of those that end without a word."""
    tasks = written_by_four(tmp_path, 10_000_000)

    assert sorted(tasks) == sorted(f"{process}-{number}" for process in range(4) for number in range(100))


def test_several_processes_turn_over_one_file(tmp_path: Path) -> None:
    """Half of what they write fits in a file: nobody turns over what another just has."""
    tasks = written_by_four(tmp_path, 100_000)

    assert len(tasks) == 400


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The log."""
    caplog.set_level(logging.WARNING, "nearline")
    return caplog


def test_a_folder_that_cannot_be_made_is_said_once(tmp_path: Path, told: pytest.LogCaptureFixture) -> None:
    """And nothing is raised."""
    (tmp_path / "file").write_text("")
    add(record(tmp_path / "file" / "folder"), "a", "b", "c")

    assert [one.getMessage().partition(" in ")[0] for one in told.records] == ["what leaves cannot be recorded"]
    assert list(recorded(tmp_path / "nowhere")) == []


def test_a_full_disk_is_said_once_and_leaves_no_half_line(
    tmp_path: Path, told: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next line is whole when there is room again."""
    to, write = record(tmp_path), os.write
    add(to, "a")
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, line: write(file, line[:20]))
        add(to, "b", "c")
    add(to, "d")

    assert [line["task"] for line in recorded(tmp_path)] == ["a", "d"]
    assert len((tmp_path / FILE).read_text().splitlines()) == 2
    assert [one.getMessage().rpartition(": ")[2] for one in told.records] == ["the disk is full"]


async def test_a_file_that_cannot_be_opened_stops_no_request(told: pytest.LogCaptureFixture) -> None:
    """The answer comes as ever."""
    (state_dir() / FILE).mkdir()
    router = router_in(World(), endpoints={"far": FAR})
    said = [await text(router) for _ in range(3)]
    await router.aclose()

    assert said == ["far"] * 3
    assert len(told.records) == 1


def test_another_process_that_holds_the_lock_costs_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have been stopped just then: the line is appended, and the file not turned over."""
    monkeypatch.setattr(egress, "LOCK_S", 0)
    with FileLock(tmp_path / "egress.lock"):
        add(record(tmp_path, most_bytes=10), "a", "b")

    assert [line["task"] for line in recorded(tmp_path)] == ["a", "b"]
    assert not (tmp_path / OLDER).exists()


async def test_no_request_waits_for_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer is there while the line still waits for another process."""
    monkeypatch.setattr(egress, "LOCK_S", 30)
    router = router_in(World(), endpoints={"far": FAR})
    with FileLock(state_dir() / "egress.lock"):
        assert await text(router) == "far"
        assert list(recorded(state_dir())) == []
    await router.aclose()

    assert len(list(recorded(state_dir()))) == 1


def test_what_is_no_line_of_the_record_is_left_out(tmp_path: Path) -> None:
    """A line cut by a power failure, or somebody's note."""
    add(record(tmp_path), "a")
    whole = (tmp_path / FILE).read_bytes()
    naive = whole.replace(b"+00:00", b"")
    rubbish = [whole[:30] + b"\n", b"note\n", b"[1]\n", b"{}\n", b"\xff\n", b"\n", naive, b"[" * 100_000 + b"\n"]
    (tmp_path / FILE).write_bytes(b"".join([*rubbish, whole]))

    assert [line["task"] for line in recorded(tmp_path)] == ["a"]


def test_since_leaves_out_what_was_before(tmp_path: Path) -> None:
    """The time itself counts."""
    add(record(tmp_path), "a")
    later = EgressRecord(tmp_path, lambda: NOW_S + 10)
    add(later, "b")

    assert [line["task"] for line in recorded(tmp_path, datetime.fromtimestamp(NOW_S + 10, UTC))] == ["b"]
    assert len(list(recorded(tmp_path, datetime.fromtimestamp(NOW_S, UTC)))) == 2


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([REQUEST, SECRET, replace(REQUEST, pin="far"), replace(REQUEST, pin="near")]), max_size=4),
    st.lists(st.sampled_from(["ok", "fails"]), min_size=2, max_size=2),
)
def test_there_is_a_line_for_each_request_that_a_far_endpoint_saw(
    tmp_path_factory: pytest.TempPathFactory, requests: list[RoutingRequest], health: list[str]
) -> None:
    """No more and no less, whatever fails."""
    scripts: dict[str, list[Any]] = {
        name: ["ok"] if state == "ok" else [EndpointUnavailable("away")]
        for name, state in zip(("far", "near"), health, strict=True)
    }
    world = World(lambda profile: scripts[profile.id])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEARLINE_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        lines = asyncio.run(lines_after(world, *requests, endpoints={"near": NEAR, "far": FAR}))

    assert len(lines) == len(world.of("far").history)
