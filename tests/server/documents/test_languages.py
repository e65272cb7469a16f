"""Language ids from file names."""

from __future__ import annotations

import pytest

from nearline_server.documents.languages import LANGUAGES, language_of


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("a.py", "python"),
        ("A.PY", "python"),
        ("dir.js/a.ts", "typescript"),
        ("a.tsx", "typescriptreact"),
        ("a.tar.sh", "shellscript"),
        ("Makefile", "plaintext"),
        ("a.unheard-of", "plaintext"),
        (".py", "plaintext"),
        ("", "plaintext"),
    ],
)
def test_a_file_name_tells_the_language(name: str, language: str) -> None:
    """The ending decides, whatever its case; an unknown one is plain text."""
    assert language == language_of(name)


def test_every_ending_can_be_met() -> None:
    """The table's endings are written as they are looked up."""
    assert [ending.lower() for ending in LANGUAGES] == list(LANGUAGES)
    assert all(ending.startswith(".") for ending in LANGUAGES)
