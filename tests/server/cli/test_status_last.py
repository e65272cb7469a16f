"""`nearline status --last`: the newest answer stage by stage, and what the newest ones come to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from nearline_router.engine.state import runtime_dir
from tests.server.answers_summed import SUMMARY

from .conftest import Run

Window = Callable[..., None]
LAST: dict[str, Any] = {
    "found": "model", "reason": "", "ttft_ms": 41.0, "total_ms": 62.5, "edit_ms": 3.04, "evaluated_tokens": 3,
    "cached_tokens": 150, "output_tokens": 5, "prefill_ms": 20.0, "decode_ms": None,
    "stages_ms": {"gate": 0.12, "prompt": 20.0, "first": 21.0, "decode": 20.0, "other": 1.38},
}  # fmt: skip


@pytest.fixture(autouse=True)
def window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Window:  # noqa: ARG001 (sets the user up)
    """`window(**says)`: a window that lives and says this of itself."""
    monkeypatch.setenv("NEARLINE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("NEARLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def window(**says: Any) -> None:
        process = psutil.Process()
        who = {"pid": process.pid, "started_s": process.create_time(), "folder": "/home/me/project"}
        (runtime_dir() / f"live-{process.pid}.json").write_text(json.dumps(who | says))

    return window


def rows(run: Run) -> list[str]:
    """The lines of tables, with one space between their cells."""
    return [" ".join(line.split()) for line in run("status", "--last").stdout.splitlines() if line.startswith("   ")]


def test_the_stages_of_the_last_answer_are_shown(run: Run, window: Window) -> None:
    """Each with its milliseconds, what the endpoint did beside it, and what was before the request."""
    window(last_answer=LAST)

    assert "model: 62.5 ms from the request to the answer" in run("status", "--last").stdout
    assert rows(run) == [
        "(before) 3.0 ms from the edit to the request",
        "gate 0.12 ms",
        "prompt 20.0 ms read 3 tokens in 20 ms",
        "first 21.0 ms first text 41 ms after it was asked for",
        "decode 20.0 ms wrote 5 tokens",
        "other 1.4 ms",
    ]


def test_the_newest_answers_are_shown_by_how_they_were_found(run: Run, window: Window) -> None:
    """Half, 95 % and all of them within, for the whole and for each stage that happens; and how many were in time."""
    window(last_answer=LAST | {"stages_ms": {}, "edit_ms": None}, answers=SUMMARY)
    out = " ".join(run("status", "--last").stdout.split())

    assert "The last 9 answers. 7 of 8 came in time (88%). Late by what took longest: 1 waiting for an endpoint." in out
    assert "cache (5) model (4) all stages 0.40, 0.80, 1.2 60.0, 120.0, 180.0" in out
    assert rows(run) == ["read 0.20, 0.40, 0.60", "prompt 40.0, 80.0, 120.0", "other 0.20, 0.40, 0.60 0.10, 0.20, 0.30"]
    assert "from the edit to the request: 2.0, 4.0, 6.0 ms" in out


def test_json_has_it_as_the_window_told_it(run: Run, window: Window) -> None:
    """For other programs."""
    window(last_answer=LAST, answers=SUMMARY)
    (told,) = json.loads(run("status", "--last", "--json").stdout)["windows"]

    assert (told["last_answer"], told["answers"]) == (LAST, SUMMARY)


@pytest.mark.parametrize("says", [{}, {"last_answer": None, "answers": {}}])
def test_a_window_without_an_answer_says_so(run: Run, window: Window, says: dict[str, Any]) -> None:
    """As before the first key."""
    window(**says)

    assert "no inline answer yet" in run("status", "--last").stdout
