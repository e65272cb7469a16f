"""What the demo types, and when: the same for the same seed, and all of it text of the file."""

from __future__ import annotations

import statistics
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.demo.typist import MEDIAN_GAP_S, Script, gaps_s, script_for

SOURCE = "".join(f"# {n}\ndef f{n}(x):\n    return x + {n}\n\n" for n in range(100))
TEXT = st.text(alphabet="ab\t \r\n😀", max_size=60)


@given(TEXT, st.integers(0, 40), st.integers(0, 5))
def test_the_script_is_the_file(text: str, chars: int, seed: int) -> None:
    """Before, hole and behind are the text, and the keys are the hole."""
    script = script_for(text, chars, seed)

    assert script.before + script.typed + script.after == text
    assert "".join(script.keys()) == script.typed


@pytest.mark.parametrize("seed", range(6))
def test_the_hole_is_whole_lines_in_the_middle_of_the_file(seed: int) -> None:
    """It begins at the start of a line that says something, ends at a line's end, and is as long as was asked."""
    script = script_for(SOURCE, 260, seed)
    last_line = script.typed.rpartition("\n")[2]

    assert script.before.endswith("\n")
    assert script.typed[:4] in ("def ", "    ")
    assert script.after.startswith("\n")
    assert len(SOURCE) / 3 <= len(script.before) <= len(SOURCE) * 2 / 3
    assert 260 <= len(script.typed) <= 260 + len(last_line)


def test_a_seed_is_one_script_and_one_rhythm() -> None:
    """The demo shows the same each time; another seed, another place."""
    assert script_for(SOURCE, 260, 7) == script_for(SOURCE, 260, 7)
    assert script_for(SOURCE, 260, 7) != script_for(SOURCE, 260, 8)
    assert list(islice(gaps_s(7), 50)) == list(islice(gaps_s(7), 50))


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("ab", ["a", "b"]),
        ("a\n    b", ["a", "\n    ", "b"]),
        ("a\r\n\tb", ["a", "\r\n\t", "b"]),
        ("", []),
        ("😀", ["😀"]),
    ],
)
def test_a_new_line_comes_with_its_indentation(typed: str, keys: list[str]) -> None:
    """The editor indents: line end and indentation are one key, everything else a key each."""
    assert list(Script("", typed, "").keys()) == keys


def test_the_pauses_are_a_persons() -> None:
    """Their median is that of a person at a keyboard, their spread is skewed to long ones, none is none."""
    gaps = list(islice(gaps_s(1), 2_000))

    assert statistics.median(gaps) == pytest.approx(MEDIAN_GAP_S, rel=0.1)
    assert statistics.mean(gaps) > statistics.median(gaps)
    assert min(gaps) > 0
