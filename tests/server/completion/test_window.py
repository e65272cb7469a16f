"""Which text goes into the prompt, and that it stays the same from key to key. The cursor is drawn as ║."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.types import Infill, Snippet
from nearline_server.completion.place import BEFORE_CHARS
from nearline_server.completion.window import (
    CHARS_PER_TOKEN,
    LONGEST_MIDDLE_CHARS,
    WIDE_PREFIX_CHARS,
    WIDE_SUFFIX_CHARS,
    Window,
    affordable_window,
    wide_window,
)

from .places import drawn, typed

FUNCTION = "import os\n\n\ndef f(x):\n    y = ║\n    return y\n"
# Lines of very different lengths, so that budgets end within lines, at their ends and on empty ones.
LINES = st.lists(
    st.sampled_from(["", "x = 1", "def f(x):", "    return x", "    if y:", "z" * 130, "# " + "w" * 900, "}"]),
    max_size=40,
).map("\n".join)


def size(window: Window, infill: Infill) -> int:
    return len(window.prefix) + len(infill.middle) + len(window.suffix)


def test_a_small_document_is_in_the_prompt_whole() -> None:
    """Prefix up to the function's body, the body up to the cursor, and all that follows."""
    place = drawn(FUNCTION)
    infill = wide_window(place).infill(place, multiline=True)

    assert (infill.prefix, infill.middle, infill.suffix) == (
        "import os\n\n\ndef f(x):\n",
        "    y = ",
        "\n    return y\n",
    )
    assert (infill.path, infill.language, infill.multiline) == ("a.py", "python", True)


def test_from_key_to_key_only_the_middle_grows() -> None:
    """Prefix and suffix are frozen while the user types, so that the model reads only what is new."""
    place = drawn(FUNCTION)
    window = wide_window(place)
    prompts = []
    for key in "foo.bar":
        place = typed(place, key)
        assert window.fits(place) is True
        prompts.append(window.infill(place))

    assert {(window.prefix, window.suffix)} == {(prompt.prefix, prompt.suffix) for prompt in prompts}
    assert [prompt.middle for prompt in prompts[:4]] == ["    y = f", "    y = fo", "    y = foo", "    y = foo."]


def test_a_new_line_keeps_the_window() -> None:
    """Enter and its indentation are text behind the anchor like any other."""
    place = drawn("def f(x):\n    y = 1║\n")
    window = wide_window(place)

    assert window.infill(drawn("def f(x):\n    y = 1\n    ║\n")).middle == "    y = 1\n    "


@pytest.mark.parametrize("closed", [")", '")', "]]", "})", " }", "'"])
def test_a_bracket_that_the_editor_closed_keeps_the_window(closed: str) -> None:
    """What the editor inserts behind the cursor by itself is not worth a new prompt."""
    place = drawn(FUNCTION)
    window = wide_window(place)
    after_bracket = drawn(FUNCTION.replace("║", f"foo(║{closed}"))

    assert window.fits(after_bracket) is True
    assert window.infill(after_bracket).suffix == "\n    return y\n"


@pytest.mark.parametrize(
    "edited",
    [
        "import sys\n\n\ndef f(x):\n    y = ║\n    return y\n",
        "import os\n\n\ndef f(x):\n    y = ║\n    return z\n",
        "import os\n\n\ndef f(x):\n    y = ║ + 1\n    return y\n",
        "import os\n║\n\ndef f(x):\n    y = \n    return y\n",
        "import os\n\n\ndef f(x):\n    y = \n    return y\n║",
    ],
)
def test_another_surrounding_does_not_fit(edited: str) -> None:
    """An edit above the anchor or below the cursor, or a cursor elsewhere, needs a window of its own."""
    assert wide_window(drawn(FUNCTION)).fits(drawn(edited)) is False


def test_a_document_that_ended_at_the_cursor_may_not_go_on() -> None:
    """An empty suffix fits only where nothing but white space follows."""
    window = wide_window(drawn("x = 1\ny = ║"))

    assert window.fits(drawn("x = 1\ny = 2║\n")) is True
    assert window.fits(drawn("x = 1\ny = ║\nz = 3")) is False


@pytest.mark.parametrize("above", ["x = 1\n", ""])
def test_a_middle_that_has_grown_too_long_does_not_fit(above: str) -> None:
    """At some length of the typed text a new anchor is due, even if no idle time came."""
    place = drawn(f"{above}def f():\n    ║")
    window = wide_window(place)
    lines = "    y = 1\n" * (LONGEST_MIDDLE_CHARS // 10 + 1)

    assert window.fits(drawn(f"{above}def f():\n    y\n{lines}║")) is False


def test_the_wide_window_is_bounded() -> None:
    """The prompt does not grow with the file."""
    place = drawn("x = 1\n" * 20_000 + "y = ║\n" + "z = 1\n" * 20_000)
    window = wide_window(place)

    assert (len(window.prefix) <= WIDE_PREFIX_CHARS, len(window.suffix) <= WIDE_SUFFIX_CHARS) == (True, True)
    assert (window.prefix[:6], window.suffix[-6:], window.wide) == ("x = 1\n", "z = 1\n", True)


def test_what_can_be_afforded_whole_is_taken_whole() -> None:
    """A small document needs no narrow window."""
    place = drawn(FUNCTION)

    assert wide_window(place) == affordable_window(place, None, 100)


def test_a_prefix_that_was_read_costs_nothing() -> None:
    """When only the suffix has changed, the prefix in use is kept and the suffix fitted to what is left."""
    text = "x = 1\n" * 300 + "def f():\n    y = ║"
    current = wide_window(drawn(text + "\nold = 1\n"))
    window = affordable_window(drawn(text + "\nnew = 1\n"), current, 60)

    assert (current.prefix, "\nnew = 1\n", True) == (window.prefix, window.suffix, window.wide)


@given(LINES, LINES, st.integers(min_value=0, max_value=900), st.booleans())
def test_no_window_costs_more_than_what_can_be_afforded(above: str, below: str, tokens: int, kept: bool) -> None:
    """Whatever the document, what the model has to read anew stays within the budget."""
    place = drawn(f"{above}║{below}")
    current = wide_window(place) if kept else None
    window = affordable_window(place, current, tokens)
    read_already = len(window.prefix) if current and window.prefix == current.prefix else 0

    assert size(window, window.infill(place)) - read_already <= max(1, tokens) * CHARS_PER_TOKEN


@given(LINES, LINES, st.one_of(st.none(), st.integers(min_value=0, max_value=900)))
def test_the_prompt_is_always_the_documents_own_text(above: str, below: str, tokens: int | None) -> None:
    """Prefix and middle end at the cursor, the suffix begins there, and every place has a prompt."""
    place = drawn(f"{above}║{below}")
    window = wide_window(place) if tokens is None else affordable_window(place, None, tokens)
    infill = window.infill(place)

    assert place.before.endswith(infill.prefix + infill.middle)
    assert place.after.startswith(infill.suffix)
    assert window.fits(place) is True or not infill.suffix


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000 + "║",
        "x" * 9_000 + "║",
        "x = 1\n" * 2_000 + "y" * 10_000 + "\nz = ║",
        "x = 1\n" * 2_000 + "y" * 300 + "\nz = ║",
        "\n" * 20_000 + "║",
        "x" * (BEFORE_CHARS - 1) + "\n║",
    ],
)
@pytest.mark.parametrize("tokens", [0, 1, 90, 100_000])
def test_long_lines_have_a_prompt_too(text: str, tokens: int) -> None:
    """A line longer than any window, at the cursor or above it, is cut and not a failure."""
    place = drawn(text)
    window = affordable_window(place, None, tokens)
    prompt = window.prefix + window.infill(place).middle

    assert place.before.endswith(prompt)
    assert 0 < len(prompt) <= min(max(1, tokens) * CHARS_PER_TOKEN, WIDE_PREFIX_CHARS + LONGEST_MIDDLE_CHARS)


CONTEXT = (Snippet("b.py", "python", "def g():\n"),)


def test_other_files_are_frozen_with_the_window() -> None:
    """From key to key they are the same, and they are no part of what the window has of its own document."""
    place = drawn(FUNCTION)
    window = replace(wide_window(place), context=CONTEXT)

    assert {CONTEXT} == {window.infill(typed(place, text)).context for text in ("", "f", "foo")}
    assert window.chars(place) == wide_window(place).chars(place)


def test_other_files_that_were_read_are_kept_with_their_prefix() -> None:
    """When only the suffix has changed: what stands before it is in the cache, however much can be afforded."""
    text = "x = 1\ndef f():\n    y = ║"
    current = replace(wide_window(drawn(text + "\nold = 1\n")), context=CONTEXT)
    window = affordable_window(drawn(text + "\nnew = 1\n"), current, 10_000)

    assert replace(current, suffix="\nnew = 1\n") == window


@pytest.mark.parametrize("tokens", [40, 10_000])
def test_a_window_elsewhere_begins_without_other_files(tokens: int) -> None:
    """They have not been read with it."""
    current = replace(wide_window(drawn("x = 1\n" * 300 + "def f():\n    y = ║")), context=CONTEXT)

    assert affordable_window(drawn("z = 1\n" * 300 + "def f():\n    y = ║"), current, tokens).context == ()
