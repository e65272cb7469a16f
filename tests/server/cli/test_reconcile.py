"""`nearline reconcile`: the bill against the ledger, as a person and as a program read it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from nearline_router.learned import state_dir
from nearline_router.ledger.database import FILE, connect
from tests.recorded_ledger import RecordedLedger

from .conftest import Run

DAYS = "date,model,usage,requests,prompt_tokens,completion_tokens\n"
BILL = DAYS + "2026-11-02,v/m,0.01,2,200,40\n2026-11-03,v/m,0.005,1,100,20\n2026-11-04,v/m,0.005,1,100,20\n"


@pytest.fixture(autouse=True)
def ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of the four requests, one of them with other tokens."""
    monkeypatch.setenv("COLUMNS", "200")
    with closing(connect(state_dir())) as connection:
        ledger = RecordedLedger(connection)
        for time in ("2026-11-02T10:00:00Z", "2026-11-02T11:00:00Z"):
            ledger.attempt(time, full_nano=5_000_000)
        ledger.attempt("2026-11-03T10:00:00Z", input_tokens=60, full_nano=5_000_000)


def bill(folder: Path, text: str = BILL) -> Path:
    """The export."""
    path = folder / "activity.csv"
    path.write_text(text)
    return path


def test_it_says_how_much_was_captured_and_what_differs(run: Run, tmp_path: Path) -> None:
    """Three of four requests, 260 of 400 prompt tokens; a day with other tokens, a day without anything."""
    result = run("reconcile", bill(tmp_path))
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]

    assert result.exit_code == 0
    assert lines[0] == "OpenRouter activity (JSON or CSV), 2026-11-02 to 2026-11-04 (UTC)"
    assert "requests 4 3 75.0%" in lines
    assert "prompt tokens 400 260 65.0%" in lines
    assert "cost $0.0200 $0.0150 75.0%" in lines
    assert "2 of 3 days and models differ (billed / recorded):" in lines
    assert "2026-11-03 v/m 1 / 1 100 / 60 20 / 20 $0.0050 / $0.0050" in lines
    assert "2026-11-04 v/m 1 / - 100 / - 20 / - $0.0050 / - not in the ledger" in lines


def test_json_is_one_object_with_every_line_that_differs(run: Run, tmp_path: Path) -> None:
    """Money in nano-dollars, as the ledger has it."""
    told = json.loads(run("reconcile", bill(tmp_path), "--json").stdout)

    assert (told["provider"], told["since"]) == ("openrouter", "2026-11-02T00:00:00+00:00")
    assert told["captured"] == {"requests": 0.75, "input_tokens": 0.65, "output_tokens": 0.75, "cost_nano": 0.75}
    assert [line["recorded"] for line in told["differs"]][1] is None
    assert told["differs"][0]["billed"]["input_tokens"] == 100


def test_a_bill_that_agrees_says_so(run: Run, tmp_path: Path) -> None:
    """In one line."""
    printed = run("reconcile", bill(tmp_path, DAYS + "2026-11-02,v/m,0.01,2,200,40\n")).stdout

    assert "Nothing differs." in printed


def test_many_lines_are_cut_on_a_terminal(run: Run, tmp_path: Path) -> None:
    """And the way to all of them is said."""
    text = DAYS + "".join(f"2026-11-05,model-{chr(97 + n % 26)}{n},0.001,1,1,1\n" for n in range(40))
    printed = run("reconcile", bill(tmp_path, text)).stdout

    assert "… and 10 more; --json has them all" in printed


def test_a_file_of_another_kind_is_one_message(run: Run, tmp_path: Path) -> None:
    """What its columns are, and which were expected."""
    result = run("reconcile", bill(tmp_path, "a,b\n1,2\n"))

    assert result.exit_code == 1
    assert "Its columns: a, b. Expected are those of" in result.stderr
    assert "Anthropic usage (CSV): model_version" in result.stderr


def test_without_a_ledger_nothing_was_recorded(run: Run, tmp_path: Path) -> None:
    """That is an answer, and no file is made for it."""
    (state_dir() / FILE).unlink()
    result = run("reconcile", bill(tmp_path))

    assert result.exit_code == 0
    assert "requests 4 - 0.0%" in " ".join(result.stdout.split())
    assert not (state_dir() / FILE).exists()


def test_a_broken_ledger_is_one_message(run: Run, tmp_path: Path) -> None:
    """And no traceback."""
    (state_dir() / FILE).write_bytes(b"no database" * 1000)
    result = run("reconcile", bill(tmp_path))

    assert result.exit_code == 1
    assert "the ledger cannot be read" in result.stderr
