"""What a terminal is shown, and what a pipe is given."""

from __future__ import annotations

import io
import sys

import pytest

from nearline_server.actions.values import Result
from nearline_server.cli.actions.diff import coloured, unified
from nearline_server.cli.actions.outcome import Progress, harmless, summary, written

HOSTILE = "a\x1b]0;title\x07\x9b31m\x7f\tb\r\n\rc\udcff\n"


class Terminal(io.TextIOWrapper):
    """Takes whatever it is sent for what a person sees."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", newline="")

    def isatty(self) -> bool:
        """It is one."""
        return True

    @property
    def shown(self) -> str:
        """All of it."""
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode()


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard output from now on. (pytest puts its own there after fixtures were made.)"""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return terminal


def test_text_cannot_steer_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a file's nor a model's: control characters are shown as what they are."""
    terminal = terminal_of(monkeypatch)
    written(HOSTILE)

    assert terminal.shown == "a␛]0;title␇\ufffd31m␡\tb\n␍c\ufffd\n"


def test_a_pipe_is_given_the_text_itself(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """To the byte."""
    written(HOSTILE, "colours")

    assert capfdbinary.readouterr().out == HOSTILE.encode("utf-8", "surrogateescape")


def test_a_diff_is_coloured_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is added is green, what is removed is red."""
    terminal = terminal_of(monkeypatch)
    diff = unified("a", "x\n-- y\n", "x\n-- z\n")
    written(diff, coloured(harmless(diff)))

    assert "\x1b[31m--- y\n\x1b[0m" in terminal.shown
    assert "\x1b[32m+-- z\n\x1b[0m" in terminal.shown
    assert "\x1b[1m--- a/a\n\x1b[0m" in terminal.shown


def test_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    """See no-color.org."""
    terminal = terminal_of(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    diff = unified("a", "x\n", "y\n")
    written(diff, coloured(diff))

    assert terminal.shown == diff


def test_a_streamed_text_ends_with_a_line_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the model gave one or not."""
    terminal = terminal_of(monkeypatch)
    for text in ("one", "two\n"):
        with Progress("Explain", streams=True) as progress:
            progress.piece("")
            assert not progress.came
            progress.piece(text)

    assert terminal.shown == "one\ntwo\n"


def test_a_result_that_is_not_text_is_not_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only that it comes is known."""
    terminal = terminal_of(monkeypatch)
    with Progress("Refactor", streams=False) as progress:
        progress.piece("```")

    assert (terminal.shown, progress.came) == ("", True)


def test_the_summary_says_what_is_known() -> None:
    """And nothing of what is not."""
    known = {"ttft_ms": 1.4, "total_ms": 2.6, "input_tokens": 9, "cached_tokens": 0, "output_tokens": 3}

    assert summary(Result("", "near", "small")) == "[near, small]"
    assert summary(Result("", "near", "small", **known)) == (  # type: ignore[arg-type]
        "[near, small: first text after 1 ms, all after 3 ms, 9 prompt tokens, 3 tokens of answer]"
    )
