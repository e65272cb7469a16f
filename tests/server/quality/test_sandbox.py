"""What a program may and may not do that a model wrote a part of."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nearline_server.quality.sandbox import passes

PASSING = """
import collections, hashlib, math, random, re
assert math.isclose(collections.Counter(re.findall("a", "aa"))["a"], 2)
assert hashlib.md5(b"x").hexdigest()
"""


def test_a_program_that_runs_to_its_end_passes() -> None:
    """The standard library is there."""
    assert passes(PASSING)


@pytest.mark.parametrize(
    "program", ["assert False", "x = (", "import os; os._exit(0)", "raise SystemExit(0)", "1 / 0", "\ud800 = 1"]
)
def test_a_program_that_ends_in_any_other_way_fails(program: str) -> None:
    """An early exit is not a pass, nor is what cannot be compiled."""
    assert not passes(program)


def test_a_program_that_loops_is_ended() -> None:
    """By the clock on the wall."""
    assert not passes("while True: pass", timeout_s=0.5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its address space")
def test_a_program_that_takes_all_memory_is_ended() -> None:
    """By the limit of its address space."""
    assert not passes("a = [0] * 10**9")


@pytest.mark.parametrize(
    "act",
    [
        "open({path!r}, 'w')",
        "__import__('os').remove({path!r})",
        "__import__('os').rename({path!r}, {path!r} + '2')",
        "__import__('shutil').rmtree({path!r})",
        "__import__('pathlib').Path({path!r}).write_text('x')",
        "__import__('subprocess').run('true')",
        "__import__('os').system('true')",
        "__import__('socket').socket()",
    ],
)
def test_a_program_reaches_nothing_outside_even_if_it_swallows_the_refusal(act: str, tmp_path: Path) -> None:
    """Files, processes and connections are refused by an exception that `except Exception` does not catch."""
    path = tmp_path / "kept"
    path.write_text("as it was")

    assert not passes(f"try:\n    {act.format(path=str(path))}\nexcept Exception: pass")
    assert path.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [path]


def test_a_program_sees_no_environment_and_an_empty_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys in the environment are not its business."""
    monkeypatch.setenv("SOME_SECRET", "hidden")

    assert passes("import os\nassert 'SOME_SECRET' not in os.environ and os.listdir() == []")
