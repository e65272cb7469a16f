"""`nearline egress`: what left, as a table and as it stands in the record."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nearline_router.egress import FILE, EgressRecord
from nearline_router.learned import state_dir
from nearline_router.types import RoutingRequest
from tests.router.policy.worlds import endpoint

from .conftest import Run

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:  # noqa: ARG001 (sets the user up)
    """A terminal with room."""
    monkeypatch.setenv("COLUMNS", "200")


def left(name: str, ago: timedelta, prompt: str = "text", **said: Any) -> None:
    """An attempt at an endpoint, so long ago."""
    profile, _ = endpoint(name, **{"provider": "openai-compatible", "host": f"https://{name}.example/v1", **said})
    record = EgressRecord(state_dir(), lambda: (NOW - ago).timestamp())
    record.add(profile, RoutingRequest(prompt, 8, task="explain"), "complexity", "secrets redacted", 2)
    record.flush()


def test_the_table_says_when_to_whom_how_much_and_why(run: Run) -> None:
    """And adds up."""
    left("one", timedelta(hours=3), "x" * 1500, model="strong")
    left("two", timedelta(hours=1))
    left("two", timedelta(minutes=1))
    lines = run("egress").stdout.splitlines()
    when = f"{(NOW - timedelta(hours=3)).astimezone():%Y-%m-%d %H:%M:%S}"

    assert lines[0].split() == [
        "time", "endpoint", "host", "model", "task", "bytes", "rule", "residency", "redactions"
    ]  # fmt: skip
    assert lines[1].split() == [
        *when.split(), "one", "one.example", "strong", "explain", "1500", "complexity", "secrets", "redacted", "2"
    ]  # fmt: skip
    assert [line.split()[2] for line in lines[2:4]] == ["two", "two"]
    assert lines[-1] == "3 attempts, 1,508 bytes to 2 hosts"


def test_json_is_the_record_line_by_line(run: Run) -> None:
    """For a program."""
    left("one", timedelta(hours=3))
    left("two", timedelta(hours=1))
    result = run("egress", "--json")

    assert result.stdout.splitlines() == (state_dir() / FILE).read_text().splitlines()


@pytest.mark.parametrize(
    ("since", "names"),
    [
        ("90m", ["two"]),
        ("2h", ["two"]),
        ("1d", ["one", "two"]),
        ((NOW - timedelta(hours=2)).isoformat(), ["two"]),
        (f"{(NOW - timedelta(hours=2)).astimezone():%Y-%m-%dT%H:%M}", ["two"]),
        (f"{NOW - timedelta(days=2):%Y-%m-%d}", ["one", "two"]),
        ("5m", []),
    ],
)
def test_since_is_so_long_ago_or_a_time(run: Run, since: str, names: list[str]) -> None:
    """Without an offset the user's own."""
    left("one", timedelta(hours=3))
    left("two", timedelta(hours=1))
    lines = run("egress", "--json", "--since", since).stdout.splitlines()

    assert [json.loads(line)["endpoint"] for line in lines] == names


@pytest.mark.parametrize("since", ["yesterday", "5", "2h30m", "2026-13-01", "999999d", ""])
def test_a_time_that_is_none_is_a_wrong_usage(run: Run, since: str) -> None:
    """With an example of one."""
    result = run("egress", "--since", since)

    assert result.exit_code == 2
    assert "12h" in result.stderr


def test_nothing_is_said_as_nothing(run: Run) -> None:
    """In a sentence for a person, and as no line for a program."""
    assert run("egress").stdout == "Nothing has left.\n"
    assert run("egress", "--since", "1h").stdout == "Nothing has left since then.\n"
    assert run("egress", "--json").stdout == ""


def test_a_record_that_cannot_be_read_is_an_error(run: Run) -> None:
    """In one sentence."""
    Path(state_dir() / FILE).mkdir(parents=True)
    result = run("egress")

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the record cannot be read")
