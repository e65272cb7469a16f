"""What goes with a subject: the definitions of what it uses, and the project's conventions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.actions.context.gather import (
    CONVENTIONS,
    MOST_CONVENTION_CHARS,
    MOST_OTHERS,
    MOST_OWN,
    context_of,
    read_conventions,
)
from nearline_server.actions.values import OpenFile, Span, Subject

OWN = """\
LIMIT = 3

def helper(x):
    return x

def unused():
    return OtherType()

def total(items):
    return helper(remote(items)) + LIMIT
"""
TOTAL = Span((8, 0), (10, 0))
UNUSED = Span((5, 0), (7, 0))
REMOTE = OpenFile(
    "lib/b.py", "python", "class OtherType:\n    pass\n\ndef remote(a):\n    return a\n\ndef strange(): ...\n"
)


def subject(text: str = OWN, span: Span = TOTAL, language: str = "python") -> Subject:
    """A range of a document."""
    return Subject("file:///a.py", "app/a.py", None, language, 1, text, span, "function")


def shown(one: Subject, *files: OpenFile) -> list[tuple[str, str]]:
    """Path and first line of each definition."""
    return [(found.path, found.text.partition("\n")[0]) for found in context_of(one, files, "").definitions]


def test_definitions_of_what_is_used_are_found() -> None:
    """First those of other documents, for all that the subject's document uses; then its own, outside of the range."""
    assert shown(subject(), REMOTE) == [
        ("lib/b.py", "class OtherType:"),
        ("lib/b.py", "def remote(a):"),
        ("app/a.py", "LIMIT = 3"),
        ("app/a.py", "def helper(x):"),
    ]


def test_those_of_other_documents_are_the_same_for_every_range() -> None:
    """So that prompts about one document begin alike."""
    ranges = [Span((line, 0), (line + 1, 0)) for line in range(10)]
    others = [[one for one in shown(subject(span=span), REMOTE) if one[0] == "lib/b.py"] for span in ranges]

    assert others == [others[0]] * len(ranges)
    assert len(others[0]) == 2


def test_the_order_of_open_documents_changes_nothing() -> None:
    """Editors tell them in the order of their tabs."""
    other = OpenFile("lib/a.py", "python", "def another_helper(): ...\n")
    text = f"{OWN}another_helper()\n"

    assert shown(subject(text), REMOTE, other) == shown(subject(text), other, REMOTE)


def test_what_is_used_more_often_comes_first() -> None:
    """It is what is kept where room is short."""
    files = OpenFile("b.py", "python", "def once(): ...\ndef twice(): ...\n")

    assert shown(subject("once(twice, twice)\n", Span((0, 0), (1, 0))), files) == [
        ("b.py", "def twice(): ..."),
        ("b.py", "def once(): ..."),
    ]


def test_the_subjects_own_document_is_not_another_one() -> None:
    """Editors list it among the open ones."""
    assert shown(subject(), OpenFile("app/a.py", "python", OWN)) == shown(subject())


def test_a_name_that_the_document_declares_itself_is_not_looked_for_elsewhere() -> None:
    """It means its own."""
    assert shown(subject(), OpenFile("b.py", "python", "def helper(): ...\n")) == shown(subject())


def test_a_name_that_is_declared_in_many_places_is_left_out() -> None:
    """Nobody knows which is meant."""
    files = [OpenFile(f"{name}.py", "python", "def remote(): ...\n") for name in "bcd"]

    assert len(shown(subject(), *files[:2])) == len(shown(subject())) + 2
    assert shown(subject(), *files) == shown(subject())


def test_declarations_of_another_language_are_left_out() -> None:
    """But languages that use each other's are one family."""
    header = OpenFile("b.h", "c", "struct Remote { int x; };\n")

    assert shown(subject("Remote r;\n", Span((0, 0), (1, 0)), "cpp"), header) == [("b.h", "struct Remote { int x; };")]
    assert shown(subject("Remote()\n", Span((0, 0), (1, 0))), header) == []


def test_only_so_many_definitions_are_taken() -> None:
    """Of each kind."""
    names = [f"name_{number}" for number in range(50)]
    functions = "".join(f"def {name}(): ...\n" for name in names)
    uses = " + ".join(names)

    assert len(shown(subject(f"{uses}\n", Span((0, 0), (1, 0))), OpenFile("b.py", "python", functions))) == MOST_OTHERS
    assert len(shown(subject(f"{functions}{uses}\n", Span((50, 0), (51, 0))))) == MOST_OWN


def test_conventions_go_along() -> None:
    """As they are."""
    assert context_of(subject(), [], "Be brief.").conventions == "Be brief."


@given(
    st.text(alphabet="ab_(){}:=\r\n \t\x0c\u2028é", max_size=60),
    st.lists(st.text(alphabet="ab_(){}:=\r\n def", max_size=60), max_size=2),
    st.sampled_from(["python", "typescript", "go", "c", "rust", "ruby", "plaintext"]),
)
def test_no_text_is_too_strange(text: str, others: Sequence[str], language: str) -> None:
    """Half-written code is what editors have."""
    files = [OpenFile(f"{number}.x", language, other) for number, other in enumerate(others)]
    context = context_of(subject(text, Span((0, 0), (0, 0)), language), files, "")

    assert all(one.text.strip() for one in context.definitions)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_conventions_are_read(tmp_path: Path, name: str) -> None:
    """From each of the usual files."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes("\N{ZERO WIDTH NO-BREAK SPACE}Grüße.\r\nZwei.\r\n".encode())

    assert read_conventions(tmp_path) == "Grüße.\nZwei."


def test_the_first_file_of_conventions_counts(tmp_path: Path) -> None:
    """The others are not read; an empty one says nothing."""
    for name in CONVENTIONS[1:]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / CONVENTIONS[0]).write_text(" \n")

    assert read_conventions(tmp_path) == CONVENTIONS[1]


@pytest.mark.parametrize(
    ("text", "chars"),
    [
        ("x" * 99 + "\n", None),
        (("x" * 99 + "\n") * 200, MOST_CONVENTION_CHARS - 1),
        ("x" * 20_000, MOST_CONVENTION_CHARS),
    ],
)
def test_long_conventions_are_cut_at_a_line_s_end(tmp_path: Path, text: str, chars: int | None) -> None:
    """Or anywhere, where there is only one line."""
    (tmp_path / "AGENTS.md").write_text(text)
    found = read_conventions(tmp_path)

    assert text.startswith(found)
    assert len(found) == (len(text.strip()) if chars is None else chars)


def test_without_conventions_there_are_none(tmp_path: Path) -> None:
    """A folder of that name, bytes that are no text, or a folder that is not there are no error."""
    assert read_conventions(tmp_path / "nowhere") == ""
    (tmp_path / "AGENTS.md").mkdir()
    assert read_conventions(tmp_path) == ""
    (tmp_path / "CLAUDE.md").write_bytes(b"\xff")
    assert read_conventions(tmp_path) == "\N{REPLACEMENT CHARACTER}"


def test_a_link_out_of_the_workspace_is_not_read(tmp_path: Path) -> None:
    """Its text would go along with every prompt."""
    secret = tmp_path / "id_rsa"
    secret.write_text("a key")
    workspace = tmp_path / "work"
    (workspace / "docs").mkdir(parents=True)
    (workspace / "docs" / "rules.md").write_text("rules")
    (workspace / "AGENTS.md").symlink_to(secret)
    assert read_conventions(workspace) == ""

    (workspace / "CLAUDE.md").symlink_to(workspace / "docs" / "rules.md")
    assert read_conventions(workspace) == "rules"
