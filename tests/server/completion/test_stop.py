"""Where a streamed answer ends. The cursor is drawn as ║; a | in an answer marks the end that is found."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.completion.lines import TrimContext
from nearline_server.completion.stop import MAX_LINES, stop_at


def drawn(document: str, *, multiline: bool, language: str = "python") -> TrimContext:
    above, _, below = document.partition("║")
    *lines_before, before = above.split("\n")
    after, *lines_after = below.split("\n")
    return TrimContext(before, after, tuple(lines_before), tuple(lines_after), language, multiline, complete=False)


def check(document: str, answer: str, *, multiline: bool, language: str = "python") -> None:
    expected = answer.find("|")
    found = stop_at(answer.replace("|", ""), drawn(document, multiline=multiline, language=language))

    assert (None if expected < 0 else expected) == found


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ("x = ║", "1|\ny = 2"),
        ("x = ║", "1|\n"),
        ("x = ║", "1\r|\n"),
        ("x = 1║", "|\ny = 2"),
        ("foo(║)", "a|\n"),
        ("    ║", "return x|\n"),
        ("    ║", "\n    return x|\n"),
        ("║", "\n\nfoo()|\nbar()"),
        ("║", "|\n\n\nfoo()"),
        ("║\nimport sys", "|import sys\n"),
        ("import ║\nimport sys", "|sys\n"),
    ],
)
def test_a_single_line_ends_at_its_line_end(document: str, answer: str) -> None:
    check(document, answer, multiline=False)


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ("x = ║", ""),
        ("x = ║", "foo(a, b"),
        ("    ║", "\n    "),
        ("    ║", "\n    return"),
        ("║\nreturn x", "return x"),
        ("foo(║", "a) + bar(b)) # }"),
    ],
)
def test_a_single_line_goes_on_until_then(document: str, answer: str) -> None:
    check(document, answer, multiline=False)


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ("def f(x):\n    ║", "y = x\n    return y|\ndef g():"),
        ("def f(x):\n    ║", "y = x\n    return y\n|\ng"),
        ("def f(x):\n    ║", "if x:\n        y()\n    z()|\nw"),
        ("\tif x {\n\t\t║", "y()\n\t\tz()|\n\t}"),
        ("def f(x):\n║", "    y = x\n    return y|\ng()"),
    ],
)
def test_a_line_with_less_indentation_ends_the_block(document: str, answer: str) -> None:
    check(document, answer, multiline=True)


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ("def f(x):║", "\n    return x\n|\ndef g():"),
        ("    if x:║", "\n        y()|\n    z()"),
        ("if (x) {║", "\n    y();\n}|\nz();"),
        ("if (x) {║", "\n    y();\n} else {\n    z();\n}|\nw();"),
        ("try:║", "\n    x()\nexcept E:\n    y()|\nz()"),
        ("if x then║", "\n  y()\nend|\nz()"),
        ("void f()║", "\n{\n    x();\n}|\nvoid g()"),
        ("foo(║", "a,\n    b)|\nbar()"),
    ],
)
def test_the_block_that_the_cursors_line_begins_ends_with_its_indentation(document: str, answer: str) -> None:
    check(document, answer, multiline=True, language="any")


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ("def f(x):║", "\n    a()\n\n    b()\n"),
        ("if (x) {║", "\n    y();\n}"),
        ("try:║", "\n    x()\nexc"),
        ("if x then║", "\n  y()\ne"),
        ("def f():\n    ║", "x = 1\n  "),
        ("x = [║", "\n    1,\n    2,\n]"),
        ("foo = function() {\n  ║", "bar({\n    a: 1,\n  })\n  baz()"),
    ],
)
def test_a_block_goes_on_while_it_may(document: str, answer: str) -> None:
    check(document, answer, multiline=True, language="any")


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ("foo(║)", "a, b|)"),
        ("if (x) {║}", " y(); |}"),
        ("if (x) {\n    ║\n}", "y(); |}"),
        ("║", "foo(a)|)"),
        ("x = [║]", 'a["]"], b|]'),
    ],
)
def test_a_bracket_that_is_closed_already_ends_the_block(document: str, answer: str) -> None:
    check(document, answer, multiline=True)


@pytest.mark.parametrize(
    ("document", "answer", "language"),
    [
        ("foo(║", "a, b)", "python"),
        ("foo(\n    ║", "a, b)", "python"),
        ("║", 'print(":)")', "python"),
        ("║", "don't (x)", "python"),
        ("║", "a) first\nb) second", "markdown"),
        ("case x in\n║", "foo) bar ;;", "shellscript"),
    ],
)
def test_a_bracket_with_a_partner_or_in_text_ends_nothing(document: str, answer: str, language: str) -> None:
    check(document, answer, multiline=True, language=language)


def test_a_block_ends_after_so_many_lines() -> None:
    lines = "\n".join(f"x{number}()" for number in range(MAX_LINES))

    check("║", lines, multiline=True)
    check("║", f"{lines}|\nmore()", multiline=True)


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ("║", "a()\nfoo()|\nfoo()\nfoo()\n"),
        ("║", "foo()\n|\nfoo()\n\nfoo()\n"),
        ("fo║", "o()|\nfoo()\nfoo()\n"),
    ],
)
def test_the_same_line_three_times_is_said_once(document: str, answer: str) -> None:
    check(document, answer, multiline=True)


@pytest.mark.parametrize("answer", ["foo()\nfoo()\nfoo(", "foo()\nfoo()\nbar()\nfoo()\n", "}\n  }\n    }\n"])
def test_lines_that_only_look_alike_are_not_repetition(answer: str) -> None:
    check("{{{{\n║", answer, multiline=True)


@pytest.mark.parametrize("multiline", [True, False])
@pytest.mark.parametrize(
    "answer",
    [
        "[0, |" + "0, " * 30,
        "a|" + "a" * 60,
        "x = foo(a, b) +| " + "foo(a, b) + " * 6,
        "the quick brown fox jumps over |" + "the quick brown fox jumps over " * 3,
        "=" + "-|" + "-" * 150,
    ],
)
def test_a_run_of_the_same_is_said_once(answer: str, multiline: bool) -> None:
    check("x = ║", answer, multiline=multiline)


@pytest.mark.parametrize("answer", ["-" * 80, "0x00000000", "[0, 0, 0, 0]", "a = b = c = d = e", " " * 40 + "x"])
def test_rulers_constants_and_indentation_are_not_runs(answer: str) -> None:
    check("# ║", answer, multiline=False)


@given(
    st.text("abc(\n", max_size=40),
    st.text("xyz=1", min_size=2, max_size=60).filter(lambda unit: len(set(unit)) > 1),
)
def test_a_run_is_found_wherever_it_begins(head: str, unit: str) -> None:
    run = unit * (40 // len(unit) + 10)

    assert stop_at("q" + head.replace("\n", "") + run, drawn("║", multiline=False)) is not None


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ("║\n\n    return x", "y = 1|\n    return x\n"),
        ("if a {\n    ║\n    z()\n}", "y()|\n    z()\n    w()"),
        ("foo(║)\nbar()", "a|\nbar()\n"),
        ("x = ║\n}", "{|\n}\n"),
    ],
)
def test_the_documents_own_next_line_ends_a_block(document: str, answer: str) -> None:
    check(document, answer, multiline=True, language="any")


@pytest.mark.parametrize("answer", ["y()\n    return x", "y()\n    return x + 1\n"])
def test_a_line_that_only_begins_like_the_next_one_goes_on(answer: str) -> None:
    check("def f():\n    ║\n    return x", answer, multiline=True)


@given(st.lists(st.sampled_from(["foo", "(", ")", "{", "}", "\n", "    ", "else", '"', " = ", "0, 0, "]), max_size=30))
@pytest.mark.parametrize("multiline", [True, False])
def test_an_end_lies_within_the_text(multiline: bool, pieces: list[str]) -> None:
    text = "".join(pieces)
    end = stop_at(text, drawn("if x {\n    ║)\n}", multiline=multiline))

    assert end is None or 0 <= end <= len(text)


def test_a_line_of_a_megabyte_costs_nothing() -> None:
    context = drawn("a(" * 500_000 + "║" + ")" * 1_000_000 + "\n" + "b" * 1_000_000, multiline=True)
    started_s = time.thread_time()

    stop_at("foo(a, b)\nbar", context)

    assert time.thread_time() - started_s < 0.02
