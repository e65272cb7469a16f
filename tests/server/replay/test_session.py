"""The script of an editing session: the file's own text, a person's pauses, the same for the same seed."""

from __future__ import annotations

import statistics

from nearline_server.demo.typist import MEDIAN_GAP_S
from nearline_server.replay.files import SourceFile
from nearline_server.replay.session import BLOCK_S, JUMP_S, LINE_END_S, Key, Session, session_for

FUNCTION = """def function_{0}(first, second):
    value = first.compute(second, {0})
    if value > 10:
        return value + second.another_of_these
    return combine(first, value, "{0}", other=second)


"""
FILE = SourceFile("package/a.py", "python", "".join(FUNCTION.format(number) for number in range(20)))


def sessions(count: int = 40, keys: int = 60) -> list[Session]:
    return [session for seed in range(count) if (session := session_for(FILE, seed, keys))]


def pressed() -> list[Key]:
    return [key for session in sessions() for stretch in session.stretches for key in stretch.keys]


def test_a_seed_is_one_session() -> None:
    """The same text, keys and pauses; another seed, another place."""
    assert session_for(FILE, 7, 60) == session_for(FILE, 7, 60)
    assert session_for(FILE, 7, 60) != session_for(FILE, 8, 60)


def test_what_is_typed_is_what_the_file_has() -> None:
    """The keys at a hole and what is left behind them are the text that was taken out there."""
    for session in sessions():
        last = {stretch.hole: stretch for stretch in session.stretches}
        holes = sorted(last, key=lambda hole: session.cursors[hole])
        whole = session.text.split("\n")
        for hole in reversed(holes):
            keys = [key.text for stretch in session.stretches if stretch.hole == hole for key in stretch.keys]
            line, column = session.cursors[hole]
            whole[line] = whole[line][:column] + "".join(keys) + last[hole].beyond + whole[line][column:]
        assert "\n".join(whole) == FILE.text


def test_a_session_ends_at_a_line_s_end() -> None:
    """Nobody leaves in the middle of a word."""
    for session in sessions():
        assert all(stretch.beyond == "" or stretch.beyond.startswith("\n") for stretch in session.stretches)


def test_some_sessions_go_elsewhere_and_come_back() -> None:
    """To another hole, after a look around."""
    away = [session for session in sessions() if len(session.stretches) > 1]
    firsts = [stretch.keys[0].gap_s for session in away for stretch in session.stretches[1:]]

    assert 0 < len(away) < len(sessions())
    assert {stretch.hole for session in away for stretch in session.stretches} == {0, 1}
    assert min(firsts) > JUMP_S


def test_pauses_are_a_persons() -> None:
    """Log-normal around the median; longer at a line's end, longest before a new block."""
    keys = pressed()
    within = [key.gap_s for key in keys if len(key.text) == 1 and key.gap_s < LINE_END_S]

    assert abs(statistics.median(within) / MEDIAN_GAP_S - 1) < 0.15
    assert min(key.gap_s for key in keys if key.text.startswith("\n")) > LINE_END_S
    assert any(key.gap_s > BLOCK_S for key in keys if len(key.text) == 1)


def test_there_are_slips_and_pastes() -> None:
    """A wrong character now and then, a line that comes at once, and neither often."""
    keys = pressed()

    assert 0 < sum(bool(key.slip) for key in keys) < len(keys) / 20
    assert 0 < sum(key.pasted for key in keys) < len(keys) / 20
    assert all(key.text == key.text.strip("\n") and len(key.text) > 1 for key in keys if key.pasted)


def test_a_file_without_a_body_has_no_session() -> None:
    """Nothing can be taken out of a flat one."""
    assert session_for(SourceFile("flat.py", "python", "x = 1\n" * 500), 1, 60) is None
