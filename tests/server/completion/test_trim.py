"""What may be shown of an answer. The cursor is drawn as ║."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.completion.lines import TrimContext
from nearline_server.completion.trim import TRIMS, trim


def drawn(document: str, *, multiline: bool = False, complete: bool = True) -> TrimContext:
    above, _, below = document.partition("║")
    *lines_before, before = above.split("\n")
    after, *lines_after = below.split("\n")
    return TrimContext(before, after, tuple(lines_before), tuple(lines_after), "python", multiline, complete)


def check(document: str, answer: str, shown: str, *, multiline: bool = False, complete: bool = True) -> None:
    assert shown == trim(answer, drawn(document, multiline=multiline, complete=complete))


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ("x = ║", "foo(a, b)"),
        ("foo(║)", "a, b"),
        ("foo(║)", "bar()"),
        ("foo(a║)", ") + bar(b"),
        ("foo(bar(a║)", ")"),
        ("foo(\n    ║)", "x.y()"),
        ("foo(║b)", "a, "),
        ("foo║ = 1", "_bar"),
        ("f(║name, x)", "first_name, other_name, "),
        ("import os\n║", "import sys"),
        ("x += 1\n║", "x += 2"),
        ("    }\n║", "}"),
        ("if x {\n  if y {\n    z()\n  ║\n}", "}"),
        ("print('║')", "don\\'t"),
        ("x = ║", '"(" + y'),
        ("x = ║\nfoo()", "foo()"),
        ("# ║", "-" * 78),
        ("<pre>║", "<PRE>"),
        ("usage: ║", "tool <filename> [PREFIX]"),
        ("foo(\n  a║\n)", ", b"),
    ],
)
def test_a_good_suggestion_is_not_touched(document: str, answer: str) -> None:
    check(document, answer, answer)


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ("def f(x):║", "\n    if x:\n        return 1\n    return 2"),
        ("if (x) {\n    ║\n}", "y();\n    if (a) { b(); }\n    z();"),
        ("x = {║", '\n    "a": 1,\n}'),
    ],
)
def test_a_good_block_is_not_touched(document: str, answer: str) -> None:
    check(document, answer, answer, multiline=True)


@pytest.mark.parametrize(
    ("document", "answer", "shown"),
    [
        ("x = ║", "1\ny = 2", "1"),
        ("x = ║", "1\r\n", "1"),
        ("x = 1║", "\ny = 2", ""),
    ],
)
def test_it_ends_where_the_stop_rules_say(document: str, answer: str, shown: str) -> None:
    check(document, answer, shown)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("foo()<|fim_middle|>bar", "foo()"),
        ("foo() <｜end▁of▁sentence｜>", "foo()"),
        ("foo()<file_sep>x.py", "foo()"),
        ("<|endoftext|>", ""),
    ],
)
def test_control_tokens_are_cut_off(answer: str, shown: str) -> None:
    check("x = ║", answer, shown)


@pytest.mark.parametrize("document", ['PRE = "<|fim_prefix|>"\nSUF = ║', 'x = f("<|fim_prefix|>", ║'])
def test_a_document_about_control_tokens_may_go_on_about_them(document: str) -> None:
    check(document, '"<|fim_prefix|>"', '"<|fim_prefix|>"')


def test_another_control_token_than_the_documents_is_cut_off() -> None:
    check('PRE = "<|fim_prefix|>"\nSUF = ║', 'x<|fim_suffix|>"', "x")


@pytest.mark.parametrize(
    ("document", "answer", "shown"),
    [
        ("x = ║", "1  ", "1"),
        ("foo(║)", "a, ", "a,"),
        ("foo(║, c)", "a ", "a"),
        ("foo(║ c)", "a, ", "a,"),
    ],
)
def test_trailing_space_is_dropped(document: str, answer: str, shown: str) -> None:
    check(document, answer, shown)


@pytest.mark.parametrize(
    ("document", "answer", "shown"),
    [
        ("foo(║)", "a, b)", "a, b"),
        ("foo(║)", "bar())", "bar()"),
        ("foo(a║)", ")", ""),
        ("foo(║, c)", "a, b,", "a, b"),
        ("foo(║, c)", "a, b, c)", "a, b"),
        ("foo(║b, c)", "a, b", "a, "),
        ("foo(║name)", "int(na", "int("),
        ('print("║")', 'hello")', "hello"),
        ("x = '║'", "hello'", "hello"),
        ("y = ║;", "x + 1;", "x + 1"),
        ("x = ║ + b", "a + b", "a"),
        ("if x:║  # why", " pass  # why", " pass"),
    ],
)
def test_what_stands_behind_the_cursor_is_not_said_again(document: str, answer: str, shown: str) -> None:
    check(document, answer, shown)


@pytest.mark.parametrize(
    ("document", "answer", "shown"),
    [
        ("foo(║)", "a, b);", "a, b"),
        ("foo(║)", "a).b(c);", "a).b(c"),
        ("{ ║ }", "x}", "x"),
        ("x[║]", "i] = 3", "i"),
    ],
)
def test_a_bracket_that_the_rest_of_the_line_closes_is_cut_off(document: str, answer: str, shown: str) -> None:
    check(document, answer, shown)


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ("║\nreturn x", "return x"),
        ("    ║\n    return x", "return x"),
        ("║\n\n  foo()\n  bar()", "foo()\nbar()"),
        ("import ║\nimport sys", "sys"),
        ("foo(║)\nfoo(a)", "a"),
        ("    ║\n    }", "}"),
    ],
)
@pytest.mark.parametrize("multiline", [True, False])
def test_a_suggestion_that_only_says_the_next_lines_is_dropped(document: str, answer: str, multiline: bool) -> None:
    check(document, answer, "", multiline=multiline)


def test_an_unfinished_answer_that_may_become_the_next_line_is_not_shown_yet() -> None:
    check("    ║\n    return x", "retu", "", complete=False)
    check("    ║\n    return x", "return y", "return y", complete=False)
    check("    ║\n    return x", "retu", "retu", complete=True)


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ("import os\n║", "import os"),
        ("import os\nimport ║", "os"),
        ("a()\nb()\n║", "a()\nb()"),
        ("    x = foo(a)\n\n    x = foo(║)", "a"),
    ],
)
def test_a_suggestion_that_only_says_the_previous_lines_is_dropped(document: str, answer: str) -> None:
    check(document, answer, "", multiline=True)


def test_an_unfinished_answer_may_still_leave_the_previous_line() -> None:
    check("x += 1\n║", "x += 1", "x += 1", complete=False)


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ("x = ║", ""),
        ("x = ║", "   "),
        ("║", "\n\n"),
        ("    foo\n║\n});", "})"),
        ("  b║\n)", ")"),
    ],
)
def test_a_suggestion_with_nothing_new_is_dropped(document: str, answer: str) -> None:
    check(document, answer, "")


def test_a_bracket_that_the_line_itself_opened_is_news_although_the_next_line_closes_one() -> None:
    check("bar(b║\n)", ")", ")")


PIECES = [
    "foo",
    "bar(",
    ")",
    "(",
    "}",
    "{",
    "\n",
    "    ",
    '"',
    "'",
    ", ",
    " = ",
    "else",
    "<|fim_middle|>",
    "0, " * 15,
    " ",
]
words = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
line = st.lists(st.sampled_from([piece for piece in PIECES if piece != "\n"]), max_size=5).map("".join)
lines = st.lists(line, max_size=3).map(tuple)
contexts = st.builds(TrimContext, line, line, lines, lines, st.just("python"), st.booleans(), st.booleans())


@given(words, contexts)
def test_the_result_is_always_a_prefix_of_the_answer(answer: str, context: TrimContext) -> None:
    assert answer.startswith(trim(answer, context))


@given(words, contexts)
def test_trimming_twice_changes_nothing_more(answer: str, context: TrimContext) -> None:
    once = trim(answer, context)

    assert once == trim(once, context)


@pytest.mark.parametrize("step", TRIMS, ids=lambda step: step.__name__)
@given(words, contexts)
def test_each_step_only_cuts_at_the_end(step: object, answer: str, context: TrimContext) -> None:
    assert callable(step)
    assert answer.startswith(step(answer, context))
