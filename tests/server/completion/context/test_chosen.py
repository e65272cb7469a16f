"""Which pieces of other files go with a place. The cursor is drawn as ║."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.types import Snippet
from nearline_server.completion.context.chosen import MOST_SNIPPET_CHARS, Surroundings, alike, chosen, signatures
from nearline_server.completion.context.index import FileIndex, index_of
from tests.server.completion.places import drawn

BOX = """class Box:
    def __init__(self, width: int) -> None:
        self.width = width

    def fill(self, text: str) -> bool:
        return bool(text)


def unrelated(x: int) -> int:
    return x
"""
LOOP = "for order in orders:\n    total += order.price * order.amount\n    print(order.customer, total)\n"


def around(text: str, language: str = "python") -> Surroundings:
    """A place, and its document's beginning."""
    return Surroundings(drawn(text, language=language), text.partition("║")[0][:200])


def python(path: str, text: str) -> FileIndex:
    return index_of(path, "python", text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x = make_box(║", ["def make_box(width: int) -> Box:"]),
        ("x = other(║", []),
        ("x = ║\ny = make_box(1)\n", ["def make_box(width: int) -> Box:"]),
        ("def make_box():\n    pass\n\nx = make_box(║", []),
        ("x = make_box(1)\n" + "y = 1\n" * 600 + "z = ║", []),
        ("from boxes import make_box\n" + "y = 1\n" * 600 + "z = ║", ["def make_box(width: int) -> Box:"]),
    ],
    ids=["used", "not used", "used behind", "declared here", "used far away", "imported"],
)
def test_the_signatures_of_what_is_used_nearby_are_chosen(text: str, shown: list[str]) -> None:
    """Nothing for what the document declares itself, and of far away only what its beginning names."""
    here = around(text) if "import" in text else Surroundings(drawn(text), "")
    found = signatures(here, [python("boxes.py", "def make_box(width: int) -> Box:\n    return Box(width)\n")], 1_000)

    assert [line for one in found for line in one.text.splitlines()] == shown


def test_a_type_comes_with_how_it_is_made_and_then_its_members() -> None:
    """A call of `Box(` runs its constructor; what stands beside it in its file is not taken."""
    here = around("x = Box(║")
    (found,) = signatures(here, [python("box.py", BOX)], 1_000)
    assert found == Snippet(
        "box.py",
        "python",
        "class Box:\n    def __init__(self, width: int) -> None:\n    def fill(self, text: str) -> bool:\n",
    )
    (short,) = signatures(here, [python("box.py", BOX)], 60)
    assert short.text == "class Box:\n    def __init__(self, width: int) -> None:\n"


def test_a_method_comes_with_its_type() -> None:
    """So that the model sees whose it is."""
    (found,) = signatures(around("box.fill(║"), [python("b.py", BOX)], 70)

    assert found.text == "class Box:\n    def fill(self, text: str) -> bool:\n"


def test_the_nearest_name_comes_first_where_there_is_no_room_for_all() -> None:
    """What is used next to the cursor is what is likeliest needed."""
    files = [python("a.py", "def first_one(a): ...\n"), python("b.py", "def other_one(b): ...\n")]

    assert [one.path for one in signatures(around("first_one(1)\nother_one(║"), files, 30)] == ["b.py"]
    assert [one.path for one in signatures(around("first_one(1)\nother_one(║"), files, 60)] == ["a.py", "b.py"]


def test_a_name_that_many_files_declare_is_not_guessed_at() -> None:
    """Unless the document imports the file."""
    files = [python(f"{name}.py", "def render(self): ...\n") for name in ("abc", "box", "cup")]

    assert signatures(around("x.render(║"), files, 1_000) == []
    assert [one.path for one in signatures(around("import box\nx.render(║"), files, 1_000)] == ["box.py"]


def test_another_languages_declarations_are_no_help() -> None:
    """A function of Ruby cannot be called in Python; JavaScript and TypeScript are relatives."""
    files = [index_of("a.rb", "ruby", "def make_box(w)\n"), index_of("b.js", "javascript", "function make_box(w) {\n")]

    assert signatures(around("make_box(║"), files, 1_000) == []
    assert [one.path for one in signatures(around("make_box(║", "typescript"), files, 1_000)] == ["b.js"]


def test_the_chunk_most_like_the_surroundings_is_chosen() -> None:
    """By the words they share."""
    files = [python("a.py", "def something():\n    completely = different\n"), python("b.py", f"{LOOP}count = 1\n" * 3)]
    here = around("for order in orders:\n    amount = order.amount\n    ║")
    (found,) = alike(here, files, [], 1_000)

    assert found.path == "b.py"
    assert found.text.startswith("for order in orders:\n")


@pytest.mark.parametrize("other", [LOOP, "import sys\n", ""], ids=["the same text", "nothing in common", "empty"])
def test_a_copy_of_the_surroundings_and_what_has_nothing_in_common_are_left_out(other: str) -> None:
    """A near-copy makes the model say it again."""
    assert list(alike(around(f"{LOOP}║"), [python("b.py", other)], [], 1_000)) == []


LINES = st.sampled_from(
    ["def make_box(a, b):", "class Box:", "    def fill(self):", "x = Box(", LOOP.strip(), "", "y = 1"]
)
TEXTS = st.lists(LINES, max_size=60).map("\n".join)


@given(TEXTS, st.lists(TEXTS, max_size=5), st.integers(0, 2_000), st.randoms(use_true_random=False))
def test_what_is_chosen_fits_and_is_the_same_in_any_order_of_the_files(
    text: str, others: list[str], chars: int, rng: random.Random
) -> None:
    """No more than there is room for, no snippet too long, in the order of paths with the chunk last."""
    files = [python(f"f{number}.py", other) for number, other in enumerate(others)]
    here = around(f"{text}║\nz = fill(Box)\n")
    found = chosen(here, files, chars)
    shuffled = rng.sample(files, len(files))

    assert found == chosen(here, shuffled, chars)
    assert sum(len(one.text) for one in found) <= chars
    assert all(len(one.text) <= MOST_SNIPPET_CHARS and one.text.endswith("\n") for one in found)
    declared = signatures(here, files, chars)
    assert list(found[: len(declared)]) == declared
    assert [one.path for one in declared] == sorted(one.path for one in declared)
