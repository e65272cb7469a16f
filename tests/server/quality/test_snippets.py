"""The holes that ship fit together: marks, checks, reference figures."""

from __future__ import annotations

from collections import Counter

import pytest

from nearline_server.quality.hole import exact
from nearline_server.quality.reference import DEFAULT, FIGURES, HOLES
from nearline_server.quality.sandbox import passes
from nearline_server.quality.snippets import holes_in, plain_snippets, set_id, shipped_holes

CHECKED = {hole.source: hole for hole in shipped_holes() if hole.check}


def test_a_marked_file_gives_one_hole_for_each_mark() -> None:
    """The other marks are gone, the check is behind the code, a line end makes a hole of several lines."""
    first, second = holes_in("f.py", "a = ⟦1⟧\n⟦b = 2\n⟧c = 3\n# --- check ---\nassert a\n")

    assert (first.before, first.target, first.after) == ("a = ", "1", "\nb = 2\nc = 3\n")
    assert (second.before, second.target, second.after) == ("a = 1\n", "b = 2\n", "c = 3\n")
    assert (first.multiline, second.multiline) == (False, True)
    assert first.check == "assert a\n"
    assert first.language == "python"


def test_the_holes_are_many_and_of_many_languages() -> None:
    """Enough that six losses show, in more than eight languages; names are unique, no mark is left."""
    holes = shipped_holes()

    assert len(holes) >= 60
    assert len({hole.language for hole in holes}) >= 8
    assert max(Counter(hole.name for hole in holes).values()) == 1
    assert not any(mark in code for _, code in plain_snippets() for mark in "⟦⟧")
    assert all(exact(hole, hole.target) for hole in holes)


@pytest.mark.parametrize("source", CHECKED)
def test_the_code_as_it_was_passes_its_check_and_without_the_hole_it_does_not(source: str) -> None:
    """A check that accepts everything would count anything as right."""
    hole = CHECKED[source]

    assert passes(hole.program(hole.target))
    assert not passes(hole.program("0 0"))


def test_the_reference_is_of_this_very_set() -> None:
    """Whoever changes a snippet measures again."""
    assert set_id() == HOLES, "the snippets changed: measure the catalogue's models again (see reference.py)"
    assert DEFAULT in FIGURES
    assert {len(letters) for letters in FIGURES.values()} == {len(shipped_holes())}
    assert set("".join(FIGURES.values())) <= set("epw")
