"""What is found in a file: signatures in one line with what they are inside of, and chunks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.completion.context.index import CHUNK_LINES, SIGNATURE_CHARS, FileIndex, index_of

PYTHON = '''import os

LIMIT = 3


class Box(Base):
    """A box."""

    def __init__(
        self,
        width: int,
        height: int = 1,
    ) -> None:
        self.width = width

    async def fill(self, text: str) -> None:
        return None


def make(width: int) -> Box:
    def inner() -> int:
        return 1

    return Box(width)
'''


def signatures(index: FileIndex) -> list[tuple[str, str, str | None]]:
    """Name, text, and the name of what it is inside of."""
    every = index.declarations
    return [(one.name, one.text, None if one.outer is None else every[one.outer].name) for one in every]


def test_a_signature_is_one_line_and_knows_what_it_is_inside_of() -> None:
    """Its brackets' lines are joined, its body is left out, its indentation shows whose it is."""
    assert signatures(index_of("a.py", "python", PYTHON)) == [
        ("LIMIT", "LIMIT = 3", None),
        ("Box", "class Box(Base):", None),
        ("__init__", "    def __init__( self, width: int, height: int = 1, ) -> None:", "Box"),
        ("fill", "    async def fill(self, text: str) -> None:", "Box"),
        ("make", "def make(width: int) -> Box:", None),
        ("inner", "    def inner() -> int:", "make"),
    ]


def test_other_languages_have_signatures_too() -> None:
    """By the patterns that actions find definitions with."""
    rust = "pub struct Point {\n    x: i32,\n}\n\nimpl Point {\n    pub fn new(\n        x: i32,\n    ) -> Self {\n"

    assert [one.text for one in index_of("a.rs", "rust", rust).declarations] == [
        "pub struct Point {",
        "    pub fn new( x: i32, ) -> Self {",
    ]


@pytest.mark.parametrize(
    ("path", "module"),
    [("src/box.py", "box"), ("src/box/__init__.py", "box"), ("box/index.ts", "box"), ("__init__.py", "")],
)
def test_a_file_is_known_as_imports_name_it(path: str, module: str) -> None:
    """By its own name, or by its folder's."""
    assert index_of(path, "python", "").module == module


def test_a_signature_that_never_ends_is_shown_by_its_beginning() -> None:
    """A table of data that looks like a declaration costs no more than one that is."""
    (one,) = index_of("a.py", "python", "TABLE = [\n" + "    'some long piece of data',\n" * 500).declarations

    assert len(one.text) == SIGNATURE_CHARS


def test_chunks_are_all_lines_with_the_words_in_them() -> None:
    """Those that are blank are left out."""
    lines = [f"name_{number} = value" for number in range(CHUNK_LINES + 2)] + [""] * 3 * CHUNK_LINES
    chunks = index_of("a.py", "python", "\n".join(lines)).chunks

    assert [len(chunk.words) for chunk in chunks] == [CHUNK_LINES + 1, 3]
    assert chunks[0].text.splitlines() == lines[:CHUNK_LINES]


@given(
    st.text(alphabet=st.sampled_from("ab_1(){}[]:= \t\r\n\x0cdefclass."), max_size=200),
    st.sampled_from(["python", "c"]),
)
def test_whatever_a_file_holds_it_has_an_index(text: str, language: str) -> None:
    """What a declaration is inside of always stands before it."""
    index = index_of("a", language, text)

    assert all(one.outer is None or one.outer < number for number, one in enumerate(index.declarations))
    assert all("\n" not in one.text for one in index.declarations)
