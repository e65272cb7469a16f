"""Where the frozen prefix ends. The cursor is drawn as ║, the expected anchor as ¦."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.completion.anchor import anchor_of

REACH = 3_000


def check(document: str, reach: int = REACH) -> None:
    before = document.partition("║")[0]

    assert before.index("¦") == anchor_of(before.replace("¦", ""), reach)


@pytest.mark.parametrize(
    "document",
    [
        "import os\n\ndef f(x):\n¦    if x:\n        y = 1\n        ret║",
        "class A:\n    @cached\n    async def f(self):\n¦        x = 1\n\n        return ║",
        "def f(\n    a,\n    b,\n):\n¦    return ║",
        "impl A {\n    pub fn f(&self) -> u32 {\n¦        let x = ║",
        "pub(crate) fn f<T: Clone>(x: T) -> T {\n¦    x.║",
        "func (s *Server) Run(ctx context.Context) error {\n¦\tif s.x {\n\t\treturn ║",
        "export default function f(x) {\n¦  const y = ║",
        "const f = async (x) => {\n¦  await ║",
        "items.map((item) => {\n¦  return ║",
        "class A {\n  async get(id: number): Promise<string> {\n¦    return ║",
        "static int f(const char *s, int n)\n{\n¦    s║",
        "int f(char *s) {\n¦    if (s) {\n        s║",
        "public class A {\n    private static List<String> names(Map<String, A> all) {\n¦        return ║",
        "local function f(x)\n¦  return ║",
        "class A\n  def f(x)\n¦    @x = ║",
        "fun f(x: Int): Int {\n¦    return ║",
        "def f(x):\r\n¦    y = 1\r\n    return ║",
    ],
)
def test_in_a_function_it_is_the_start_of_the_body(document: str) -> None:
    """The whole body up to the cursor is what the model continues, in whatever language."""
    check(document)


@pytest.mark.parametrize(
    "document",
    [
        'def f(x):\n    """Why."""\n¦    y = 1\n    return ║',
        "def f(x):\n    r'''Why.\n\n    At length.\n    '''\n¦    return ║",
        "int f(int x) {\n    /* Why.\n     * At length. */\n¦    return ║",
        "fn f(x: u32) {\n    // Why.\n    // At length.\n¦    let y = ║",
        "local function f(x)\n  -- Why.\n¦  return ║",
        'def f(x):\n¦    """Why. ║',
        "def f(x):\n¦    # Why. ║",
    ],
)
def test_what_describes_the_function_is_not_part_of_the_body(document: str) -> None:
    """A docstring is given and not growing, except while it is being written."""
    check(document)


@pytest.mark.parametrize(
    "document",
    [
        "import os\n\nfor x in y:\n¦    a = 1\n    b = ║",
        "if (x) {\n¦    y = ║",
        "x = {\n¦    'a': ║",
        "try {\n¦  f();\n  g(║",
        "jobs:\n  build:\n¦    steps: ║",
        "<ul>\n¦  <li>║",
        # That the brace on its own line belongs to a function is not seen from inside a further block.
        "int f(int n)\n{\n    for (i = 0; i < n; i++) {\n¦        s║",
    ],
)
def test_without_a_function_it_is_the_innermost_block(document: str) -> None:
    """A condition with a brace looks like a signature and is none."""
    check(document)


@pytest.mark.parametrize(
    "document",
    [
        "import os\n\n¦x = 1\ny = ║",
        "¦x = 1\ny = ║",
        "x = 1\n\n\n¦║",
        "¦║",
        "import os\r\n\r\n¦x = 1\r\ny = ║",
    ],
)
def test_without_a_block_it_is_the_paragraph(document: str) -> None:
    """What stands together belongs together, with any line end."""
    check(document)


def test_a_function_out_of_reach_does_not_count() -> None:
    """The block within reach is taken, however near the function's start is to it."""
    body = "        x = 1\n" * 10
    check(f"def f():\n    for y in z:\n{body}        if y:\n¦            y = ║", reach=40)


def test_with_nothing_in_reach_it_is_the_cursors_line() -> None:
    """One line is always kept, however long."""
    check("x = 1\n" * 100 + "¦y = ║", reach=50)
    check("x = 1\n" * 100 + "¦" + "y" * 200 + "║", reach=50)


@given(st.text(alphabet="ab(){}:=> \t\n", max_size=120), st.integers(min_value=0, max_value=60))
def test_it_is_always_a_line_start_in_reach(before: str, reach: int) -> None:
    """Whatever the text, the anchor is a line's start and within reach, or the cursor's own line."""
    anchor = anchor_of(before, reach)
    line_start = before.rfind("\n") + 1

    assert anchor == 0 or before[anchor - 1] == "\n"
    assert anchor == line_start or len(before) - anchor <= reach


@pytest.mark.parametrize("line", ["f(" + "){ " * 5_000 + "x", "f(" + ")" * 15_000, "a " * 7_500 + "!", "=>{ " * 4_000])
def test_a_long_line_above_costs_nothing(line: str) -> None:
    """Data and minified code above the cursor do not hold up a keystroke."""
    started_s = time.thread_time()
    anchor_of(f"{line}\n    x = ", REACH)

    assert time.thread_time() - started_s < 0.02
