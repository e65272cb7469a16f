"""The player: what it types is the file, whatever is suggested, and a session takes as long as its pauses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearline_server.replay.files import SourceFile
from nearline_server.replay.player import Player
from nearline_server.replay.score import Tally
from nearline_server.replay.session import Key, Session, Stretch
from tests.virtual_time import VirtualLoop

from .scripted_window import ScriptedWindow, Suggest
from .test_session import FILE, sessions

Play = Callable[..., tuple[Tally, ScriptedWindow]]


def session(*keys: Key, beyond: str = "") -> Session:
    stretch = Stretch(0, keys, beyond)
    return Session(SourceFile("a.py", "python", ""), "def f():\nx = 1\n", ((0, 8),), (stretch,))


def keys(text: str, gap_s: float = 0.2) -> tuple[Key, ...]:
    return tuple(Key(character, gap_s) for character in text)


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


@pytest.fixture
def play(loop: VirtualLoop) -> Play:
    def play(played: Session, suggest: Suggest, delay_s: float = 0.0) -> tuple[Tally, ScriptedWindow]:
        window = ScriptedWindow(played, suggest, delay_s)
        running: Awaitable[Tally] = Player(window, played, loop.time).run()
        return loop.run_until_complete(running), window

    return play


def test_what_is_right_is_accepted_with_one_key(play: Play) -> None:
    """Nine presses become one and the one that called for it; the server is told."""
    tally, window = play(session(*keys("x = foo(1)")), lambda before: " = foo(1)" if before.endswith("x") else "")

    assert window.document.buffer.text() == "def f():x = foo(1)\nx = 1\n"
    assert (tally.chars, tally.keys, tally.accepted, tally.saved) == (10, 2, 1, 8)
    assert window.executed == ["accept"]


def test_only_a_line_of_a_longer_text_is_accepted(play: Play) -> None:
    """What else was shown with it has to be shown again."""
    typed = session(*keys("a"), Key("\n    ", 0.7), *keys("bcde"), Key("\n    ", 0.7), *keys("z"))
    tally, window = play(typed, lambda before: "\n    bcde\n    X" if before.endswith("a") else "")

    assert window.document.buffer.text() == "def f():a\n    bcde\n    z\nx = 1\n"
    assert (tally.accepted, tally.saved, tally.wrong) == (1, 4, 0)


def test_what_came_too_late_saves_nothing(play: Play) -> None:
    """An answer behind the next key is none for this one, and text for what is gone is stale."""
    tally, _ = play(session(*keys("abcdef")), lambda _: "wrong", delay_s=0.3)

    assert (tally.keys, tally.shown, tally.standing, tally.stale) == (6, 1, 0, 5)


def test_what_comes_after_the_end_is_seen_by_nobody(play: Play) -> None:
    """Else whoever is slow would have all the time there is for the last key."""
    tally, _ = play(session(*keys("abc")), lambda _: "wrong", delay_s=5.0)

    assert (tally.shown, tally.wrong, tally.ghost_ms) == (0, 0, [])


def test_a_slip_is_typed_and_taken_back(play: Play) -> None:
    """Two more presses, and the text is the file's in the end."""
    slipping = session(Key("a", 0.2), Key("b", 0.2, slip="v"), Key("c", 0.2))
    tally, window = play(slipping, lambda _: "")

    assert [text for _, text in window.edits] == ["a", "v", "", "b", "c"]
    assert (tally.chars, tally.keys) == (3, 5)


def test_the_pace_is_the_session_s(play: Play) -> None:
    """Each press as long after the one before as the script says."""
    gaps = (0.2, 0.3, 1.1)
    _, window = play(session(*(Key("a", gap_s) for gap_s in gaps)), lambda _: "", delay_s=0.05)
    times = [at_s for at_s, _ in window.edits]

    assert [round(after - before, 6) for before, after in pairwise(times)] == [0.3, 1.1]


def test_more_text_after_a_refresh_is_asked_for(loop: VirtualLoop) -> None:
    """As editors do; one that is about another version asks nothing."""
    played = session(*keys("ab", gap_s=1.0))
    window = ScriptedWindow(played, lambda _: "b")
    player = Player(window, played, loop.time)

    def more() -> None:
        window.suggest = lambda _: "b and more"
        window.on_refresh(window.document.version - 1, 0, 9)
        window.on_refresh(window.document.version, 0, 9)

    loop.call_later(1.5, more)
    tally = loop.run_until_complete(player.run())

    assert (tally.shown, tally.flicker, tally.wrong, tally.misled) == (2, 0, 2, 1)


def test_an_error_of_a_request_ends_the_session(play: Play) -> None:
    """A server that is gone is no completion that found nothing."""

    def broken(_: str) -> str:
        raise ConnectionError

    with pytest.raises(ExceptionGroup):
        play(session(*keys("abc")), broken)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sessions()), st.integers(0, 12), st.floats(0, 0.4))
def test_the_document_is_the_file_s_in_the_end(played: Session, length: int, delay_s: float) -> None:
    """Whatever is suggested and however late: nothing, right texts of any length over line ends, jumps and slips."""

    def suggest(before: str) -> str:
        at = FILE.text.find(before[-30:])
        return FILE.text[at + len(before[-30:]) :][: length * 5] if at >= 0 else "nonsense"

    loop = VirtualLoop()
    window = ScriptedWindow(played, suggest, delay_s)
    tally = loop.run_until_complete(Player(window, played, loop.time).run())
    loop.close()

    assert window.document.buffer.text() == _typed(played)
    assert tally.saved <= tally.chars
    assert tally.stale == 0 or delay_s > 0


def _typed(played: Session) -> str:
    lines = played.text.split("\n")
    for hole in sorted(range(len(played.cursors)), key=lambda hole: played.cursors[hole], reverse=True):
        text = "".join(key.text for stretch in played.stretches if stretch.hole == hole for key in stretch.keys)
        line, column = played.cursors[hole]
        lines[line] = lines[line][:column] + text + lines[line][column:]
    return "\n".join(lines)


def test_a_pasted_line_is_one_press(play: Play) -> None:
    """And to accept it instead spares nothing."""
    pasted = replace(Key("value = compute(first)", 0.7), pasted=True)
    tally, window = play(session(Key("\n    ", 0.7), pasted), lambda _: "value = compute(first)")

    assert [text for _, text in window.edits] == ["\n    ", "value = compute(first)"]
    assert (tally.chars, tally.accepted, tally.saved) == (2, 1, 0)
