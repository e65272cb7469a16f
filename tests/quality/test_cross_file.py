"""Lines that use what a sibling declares: real files, whole, with the sibling open."""

from __future__ import annotations

from nearline_server.completion.context.price import MOST_CHARS
from tests.quality.cross_file import ALONE, OPEN_FILES, WAYS, cross_file_holes, surroundings

HOLES = cross_file_holes(1)


def test_a_hole_is_one_line_of_a_file_and_uses_what_another_open_one_declares() -> None:
    """Which is not the file itself."""
    for one in HOLES:
        line = one.hole.before.rpartition("\n")[2] + one.hole.target
        names = {found.name for index in one.siblings for found in index.declarations}

        assert "\n" not in one.hole.target
        assert len(one.hole.target.strip()) >= 2
        assert any(name in line for name in names)
        assert one.hole.path not in {index.path for index in one.siblings}
        assert 1 <= len(one.siblings) <= OPEN_FILES


def test_the_cursor_stands_where_the_hole_is() -> None:
    """In the whole file, which the typing path sees as an editor would show it."""
    for one in HOLES[:20]:
        place = surroundings(one).place

        assert one.hole.before.endswith(place.line_before)
        assert one.hole.before.endswith(place.before)


def test_a_seed_orders_the_holes_and_changes_none() -> None:
    """The first few are of as many languages as there are."""
    assert {one.hole.name for one in HOLES} == {one.hole.name for one in cross_file_holes(2)}
    assert [one.hole.name for one in HOLES] != [one.hole.name for one in cross_file_holes(2)]
    assert len({one.hole.language for one in HOLES[:4]}) == 4


def test_each_way_keeps_to_what_may_be_read() -> None:
    """And the first, which the others are compared with, takes nothing."""
    for one in HOLES[:20]:
        for name, way in WAYS.items():
            chars = sum(len(snippet.text) for snippet in way(surroundings(one), one.siblings))

            assert chars <= (0 if name == ALONE else MOST_CHARS)
