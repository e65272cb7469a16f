"""The fence around data: nothing in the data can end it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.actions.prompt.data import LONGEST_LABEL_CHARS, block, fence_for, inline, label, plain

HOSTILE = st.lists(
    st.sampled_from(["data-", "DATA-", "1", "2", "10", "11", "</", ">", "<", "-range", "\n", "x"])
    | st.text(max_size=2),
    max_size=40,
).map("".join)


@pytest.mark.parametrize(
    ("texts", "fence"),
    [
        ([], "data-1"),
        (["x", ""], "data-1"),
        (["</data-1>"], "data-2"),
        (["data-1", "</DATA-2>"], "data-3"),
        (["data-10"], "data-2"),
        (["data-21 data-1"], "data-3"),
        (["data-01"], "data-1"),
        ([" ".join(f"data-{number}" for number in range(1, 1000))], "data-1000"),
        (["data-\N{FULLWIDTH DIGIT ONE}"], "data-1"),
    ],
)
def test_the_fence_has_the_first_number_that_the_text_does_not(texts: list[str], fence: str) -> None:
    """So the same text has the same fence."""
    assert fence_for(texts) == fence


@given(st.lists(HOSTILE, max_size=3))
def test_the_fence_occurs_in_no_text(texts: list[str]) -> None:
    """Whatever they hold, in whatever case."""
    fence = fence_for(texts)

    assert all(fence not in text.lower() for text in texts)


@given(HOSTILE, HOSTILE)
def test_a_block_ends_once_and_holds_its_text(text: str, path: str) -> None:
    """A path is a label on one line, whatever it is."""
    text = plain(text)
    fence = fence_for([text, path])
    made = block(fence, text, path=path)
    head, _, rest = made.partition("\n")

    assert made.count(f"</{fence}>") == 1
    assert rest.removesuffix(f"</{fence}>\n").removesuffix("\n") == text.removesuffix("\n")
    assert json.loads(head.removeprefix(f"<{fence} path=").removesuffix(">")) == json.loads(label(path))


@given(st.text())
def test_a_label_is_one_line_that_can_be_printed(text: str) -> None:
    """In quotes."""
    made = label(text)

    assert made.isprintable()
    assert len(json.loads(made)) <= LONGEST_LABEL_CHARS


def test_a_short_text_stays_in_its_line() -> None:
    """With the same fence."""
    assert inline("data-1", 'a\nb".py') == '<data-1>"a?b\\".py"</data-1>'


def test_line_ends_become_one_kind() -> None:
    """And half a character, which cannot be sent, a mark."""
    assert plain("a\r\nb\rc\n\x0c\u2028\ud800") == "a\nb\nc\n\x0c\u2028\N{REPLACEMENT CHARACTER}"
