"""Patterns of a configuration: what is no pattern is an error, and each can only add to what stays."""

from __future__ import annotations

import pytest

from nearline_router.residency.patterns import additive, compiled


@pytest.mark.parametrize("line", ["a", "a/**", "**/a", "/a/", "a\\ ", "\\!a", "\\#a", "a\\[b]", "a?*.[ch]"])
def test_a_pattern_as_in_gitignore_is_one(line: str) -> None:
    assert len(additive([line])) == 1


@pytest.mark.parametrize("line", ["!a", "# a", " ", "a\\b", "a\\**", "C:/a", "D:\\a", "~/a", "[a"])
def test_what_is_no_pattern_or_takes_back_is_an_error_that_names_it(line: str) -> None:
    with pytest.raises(ValueError, match=r"expected a folder|broken pattern") as caught:
        additive(["fine", line])
    assert repr(line) in str(caught.value)


def test_an_ignore_file_may_take_back() -> None:
    assert not compiled(["*.py", "# all but", "", "!a.py"]).match_file("a.py")
