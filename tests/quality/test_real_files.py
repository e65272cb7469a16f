"""Real files: many languages, a split that stays, holes that fit."""

from __future__ import annotations

from tests.quality.real_files import LONGEST_LINE_CHARS, held_out, source_files, spans

FILES = source_files()


def test_the_files_are_of_at_least_eight_languages_in_both_halves() -> None:
    """Seven from what the lock file pins and our own TypeScript, the others from the samples that ship."""
    assert len({file.language for file in FILES}) >= 8
    both = [{file.language for file in FILES if held_out(file.name) is half} for half in (False, True)]
    assert len(both[0] & both[1]) >= 5


def test_the_split_is_by_the_name_alone() -> None:
    """About half and half, and the same on every machine."""
    assert 0.35 < sum(held_out(file.name) for file in FILES) / len(FILES) < 0.65
    assert (held_out("python/__future__.py"), held_out("python/_aix_support.py")) == (False, True)


def test_a_hole_is_within_one_line_of_the_file() -> None:
    """At least two characters, not of several lines, and the text around it is the file's."""
    texts = {file.name: file.text for file in FILES}
    for hole in spans(FILES, 1):
        assert 2 <= len(hole.target) <= LONGEST_LINE_CHARS
        assert "\n" not in hole.target
        assert hole.before + hole.target + hole.after in texts[hole.source]


def test_a_seed_orders_the_holes_and_changes_none() -> None:
    """Of the first eight each is of another language."""
    one, two = spans(FILES, 1), spans(FILES, 2)

    assert one == spans(FILES, 1)
    assert one != two
    assert {hole.name for hole in one} == {hole.name for hole in two}
    assert len({hole.language for hole in one[:8]}) == 8
