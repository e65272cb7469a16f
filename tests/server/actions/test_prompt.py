"""The conversation that asks for an action: what is in it, in which order, and how long it gets."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.types import Chat
from nearline_server.actions.catalogue import BUILT_IN, find
from nearline_server.actions.custom import CustomAction
from nearline_server.actions.prompt.compose import STABLE_SHARE, TOO_LONG, prompt_for
from nearline_server.actions.prompt.texts import FORMS, SYSTEM
from nearline_server.actions.values import Action, Context, Diagnosed, OpenFile, Span, Subject, Turn

TEXT = "import os\n\n\ndef one():\n    return two()\n\n\ndef two():\n    return 2\n"
SUBJECT = Subject("file:///a.py", "app/a.py", None, "python", 1, TEXT, Span((3, 0), (5, 0)), "function")
REMOTE = OpenFile("lib/b.py", "python", "class Remote:\n    pass")
OWN = OpenFile("app/a.py", "python", "def far():\n    return 3")
CONTEXT = Context((REMOTE, OWN), "Be brief.\n")
ROOMY = 100_000
COUNTS: dict[str, Callable[[str], int]] = {
    "characters": len,
    "quarters": lambda text: len(text) // 4 + 1,
    "words": lambda text: len(text.split()),
    "bytes": lambda text: len(text.encode()),
}


def action(id: str) -> Action:
    """A built-in action."""
    found = find(BUILT_IN, id)
    assert found
    return found


def custom(prompt: str, **values: Any) -> Action:
    """An action of a user."""
    return CustomAction.model_validate({"title": "T", "prompt": prompt} | values).action("mine")


def prompt(
    id: str | Action = "refactor",
    subject: Subject | None = SUBJECT,
    context: Context = CONTEXT,
    instruction: str = "",
    history: tuple[Turn, ...] = (),
    budget_tokens: int = ROOMY,
    tokens_of: Callable[[str], int] = len,
) -> Chat:
    """A prompt, with characters for tokens."""
    chosen = action(id) if isinstance(id, str) else id
    return prompt_for(chosen, subject, context, instruction, history, budget_tokens, tokens_of)


def last(chat: Chat) -> str:
    """The message that says what to do."""
    return chat.messages[-1].text


def length(chat: Chat) -> int:
    """Characters of everything."""
    return len(chat.system) + sum(len(message.text) for message in chat.messages)


def of(text: str, first: int, last: int) -> Subject:
    """Whole lines of a document."""
    return replace(SUBJECT, text=text, span=Span((first, 0), (last, 0)))


def test_what_is_the_same_comes_first() -> None:
    """Rules, conventions and definitions; then what was said; then the place and what to do."""
    chat = prompt(instruction="Use a loop.", history=(Turn("Why?", "Because."), Turn("How?", "So.")))

    assert chat.system == SYSTEM
    assert [(message.role, message.stable) for message in chat.messages] == [
        ("user", True),
        ("assistant", False),
        *[("user", False), ("assistant", False)] * 2,
        ("user", False),
    ]
    assert [message.text for message in chat.messages[2:6]] == ["Why?", "Because.", "How?", "So."]


def test_user_and_assistant_take_turns() -> None:
    """Some models' templates refuse anything else."""
    for context in (CONTEXT, Context()):
        for history in ((), (Turn("a", "b"),)):
            roles = [message.role for message in prompt(context=context, history=history).messages]
            assert roles == (["user", "assistant"] * 4)[: len(roles)]
            assert roles[-1] == "user"


def test_the_stable_message_has_conventions_and_definitions_of_other_documents() -> None:
    """Each in a block of its own."""
    stable = prompt().messages[0].text

    assert '<data-1 kind="conventions">\nBe brief.\n</data-1>' in stable
    assert '<data-1 kind="definitions" path="lib/b.py" language="python">\nclass Remote:\n    pass\n</data-1>' in stable
    assert "def far" not in stable


def test_without_conventions_and_definitions_there_is_no_stable_message() -> None:
    """Nothing is sent to say that there is nothing."""
    assert [message.stable for message in prompt(context=Context()).messages] == [False]


def test_the_range_is_marked_in_its_surroundings() -> None:
    """Marks around whole lines have lines of their own."""
    marked = (
        '<data-1 kind="file" path="app/a.py" language="python" lines="1-9 of 10">\nimport os\n\n\n<data-1-range>\n'
        "def one():\n    return two()\n</data-1-range>\n\n\ndef two():\n    return 2\n</data-1>\n"
    )

    assert marked in last(prompt())


@pytest.mark.parametrize(
    ("text", "span", "shown"),
    [
        ("ab\ncd\n", Span((0, 0), (1, 0)), "\n<data-1-range>\nab\n</data-1-range>\ncd\n"),
        ("ab\ncd\n", Span((0, 0), (0, 2)), "\n<data-1-range>\nab\n</data-1-range>\ncd\n"),
        ("ab\ncd", Span((1, 0), (1, 2)), "\nab\n<data-1-range>\ncd\n</data-1-range>\n"),
        ("ab\ncd\n", Span((0, 1), (1, 1)), "\na<data-1-range>b\nc</data-1-range>d\n"),
        ("ab\ncd\n", Span((1, 1), (1, 1)), "\nab\nc<data-1-range></data-1-range>d\n"),
        ("", Span((0, 0), (0, 0)), "\n<data-1-range></data-1-range>\n"),
        ("ab\r\ncd\r\n", Span((0, 0), (0, 2)), "\n<data-1-range>\nab\n</data-1-range>\ncd\n"),
        ("ab\rcd\r", Span((1, 0), (2, 0)), "\nab\n<data-1-range>\ncd\n</data-1-range>\n"),
        ("a\x0cb\u2028c\ndé🙂f\n", Span((1, 1), (1, 3)), "\na\x0cb\u2028c\nd<data-1-range>é🙂</data-1-range>f\n"),
    ],
)
def test_marks_stand_where_the_range_begins_and_ends(text: str, span: Span, shown: str) -> None:
    """In documents of every line end, which the prompt has as one."""
    subject = replace(SUBJECT, text=text, span=span)

    assert re.search(r'lines="[^"]*">(.*?)</data-1>', last(prompt(subject=subject)), re.DOTALL)[1] == shown  # type: ignore[index]


def test_a_definition_that_is_shown_already_is_not_repeated() -> None:
    """One of the subject's own document that is not among the lines around the range is."""
    shown = OpenFile("app/a.py", "python", "def two():\n    return 2")
    message = last(prompt(context=Context((shown, OWN))))

    assert message.count("def two():") == 1
    assert '<data-1 kind="definitions" path="app/a.py" language="python">\ndef far():\n    return 3\n' in message


def test_diagnostics_come_with_their_lines() -> None:
    """Counted from 1; one of a line that is not there any more has none."""
    found = (
        Diagnosed(Span((4, 11), (4, 14)), "undefined\nname", "pyflakes", "F821"),
        Diagnosed(Span((99, 0), (99, 1)), "late"),
    )
    message = last(prompt("fix", replace(SUBJECT, diagnostics=found)))

    assert (
        '<data-1 kind="diagnostics">\nline 5: undefined\nname (pyflakes F821)\n  in: return two()\n'
        "line 100: late\n  in: \n</data-1>\n" in message
    )


@pytest.mark.parametrize("one", BUILT_IN, ids=lambda one: one.id)
def test_the_form_of_the_answer_is_said_last(one: Action) -> None:
    """Behind the task and what the user says."""
    message = last(prompt(one, instruction="But gently."))
    *_, said, form = message.splitlines()

    assert said == "The user says: But gently."
    assert form.startswith("Form: ")
    assert (form == FORMS[one.output]) == (one.id != "commit-message")
    assert "{" not in message


@pytest.mark.parametrize(
    ("id", "language", "words"),
    [
        ("tests", "python", "pytest"),
        ("tests", "go", "the testing package"),
        ("tests", "typescript", "Jest"),
        ("document", "python", "PEP 257"),
        ("document", "java", "Javadoc"),
        ("document", "cobol", "as they are usual in the language"),
    ],
)
def test_a_task_follows_the_language_s_convention(id: str, language: str, words: str) -> None:
    """In its words."""
    assert words in last(prompt(id, replace(SUBJECT, language=language)))


def test_tests_are_told_the_new_file() -> None:
    """As data, for it is made of a file's name."""
    assert '<data-1 kind="new-file" path="app/test_a.py">\n</data-1>\n' in last(prompt("tests"))


def test_a_question_needs_no_document() -> None:
    """It is the whole message."""
    chat = prompt("ask", None, Context(), " What is a monad? ")

    assert [message.text for message in chat.messages] == ["What is a monad?"]


def test_the_subject_of_a_commit_message_is_a_diff_without_marks() -> None:
    """However much of it is selected."""
    diff = "--- a\n+++ b\n-x\n+y\n"
    message = last(prompt("commit-message", replace(of(diff, 0, 4), language="diff"), Context()))

    assert f'<data-1 kind="diff" lines="1-4 of 5">\n{diff}</data-1>\n' in message
    assert "range>" not in message


def test_a_long_diff_is_cut_at_its_end() -> None:
    """A message about most of a change is better than none."""
    diff = "".join(f"+line {number}\n" for number in range(9_999))
    message = last(prompt("commit-message", of(diff, 0, 9_999), Context(), budget_tokens=4_000))

    assert 'lines="1-' in message
    assert "+line 0\n+line 1\n" in message
    assert "+line 9998\n" not in message


@pytest.mark.parametrize(
    ("id", "subject", "instruction", "sentence"),
    [
        ("ask", SUBJECT, " ", "“Ask…” needs a question."),
        ("ask", None, "", "“Ask…” needs a question."),
        ("explain", None, "Please.", "“Explain” needs a place in a document."),
        ("commit-message", None, "", "“Write commit message” needs a diff."),
        ("explain", of(TEXT, 3, 99), "", "The range is not in the document any more."),
        ("explain", of("x" * ROOMY, 0, 0), "y" * ROOMY, TOO_LONG),
        ("ask", None, "y" * ROOMY, "The question is too long for the model."),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    id: str, subject: Subject | None, instruction: str, sentence: str
) -> None:
    """For the user."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        prompt(id, subject, instruction=instruction)


def test_a_range_that_is_too_long_is_never_cut() -> None:
    """An edit would lose what the model did not see."""
    text = "x = 1\n" * 1_000
    budget = length(prompt(subject=of(text, 0, 1_000), context=Context()))

    assert text in last(prompt(subject=of(text, 0, 1_000), budget_tokens=budget))
    with pytest.raises(ValueError, match="too long"):
        prompt(subject=of(text, 0, 1_000), budget_tokens=budget - 1)


def test_conventions_are_cut_before_definitions() -> None:
    """At a line's end, so that what is stable stays in its share whatever the range is."""
    context = Context((REMOTE,), "".join(f"Rule {number}.\n" for number in range(900)))
    stable = prompt(context=context, budget_tokens=9_000).messages[0].text

    assert 'kind="definitions"' in stable
    assert "Rule 0.\nRule 1.\n" in stable
    assert "Rule 899." not in stable
    assert len(stable) <= 9_000 * STABLE_SHARE


def test_what_is_stable_has_a_share_that_the_range_does_not_change() -> None:
    """It would be another text for the next range, and found in no cache."""
    context = Context((REMOTE,), "".join(f"Rule {number}.\n" for number in range(900)))
    text = "x = 1\n" * 900
    chats = [prompt(subject=of(text, 5, last), context=context, budget_tokens=9_000) for last in (6, 300)]

    assert chats[0].messages[:2] == chats[1].messages[:2]
    assert chats[0].messages[0].stable


def test_definitions_of_one_document_are_in_one_block() -> None:
    """In whatever order they are useful; documents are in the order of their paths."""
    files = (REMOTE, OpenFile("lib/a.py", "python", "A = 1"), OpenFile("lib/b.py", "python", "B = 1"))
    stable = prompt(context=Context(files)).messages[0].text

    assert re.findall(r'path="([^"]*)"', stable) == ["lib/a.py", "lib/b.py"]
    assert "class Remote:\n    pass\n\nB = 1\n</data-1>" in stable


def test_the_farthest_lines_go_first() -> None:
    """As many of them on either side; where there are few on one, more on the other."""
    text = "".join(f"line_{number}\n" for number in range(2_000))
    middle = last(prompt(subject=of(text, 1_000, 1_001), context=Context(), budget_tokens=6_000))
    start = last(prompt(subject=of(text, 1, 2), context=Context(), budget_tokens=6_000))
    numbers = [int(number) for number in re.findall(r"line_(\d+)", middle)]

    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert abs((1_000 - numbers[0]) - (numbers[-1] - 1_000)) <= 1
    assert f'lines="{numbers[0] + 1}-{numbers[-1] + 1} of 2001"' in middle
    assert "line_0\n<data-1-range>\nline_1\n</data-1-range>\nline_2\n" in start


def test_the_last_turn_is_kept_longer_than_what_is_around_the_range() -> None:
    """A follow-up is about the last answer."""
    turns = tuple(Turn(f"q{number}", f"a{number}" * 500) for number in range(9))
    chat = prompt(subject=of("x\n" * 4_000, 5, 6), context=Context(), history=turns, budget_tokens=5_500)

    assert [message.text for message in chat.messages[:-1]] == ["q8", "a8" * 500]
    assert 1 < last(chat).count("x\n") < 4_000


LINES = st.lists(st.text(alphabet="ab _(){}é🙂\x0c", max_size=30), min_size=1, max_size=40)


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    """A document with a range of it."""
    lines = draw(LINES)
    points = st.integers(0, len(lines) - 1).flatmap(
        lambda line: st.tuples(st.just(line), st.integers(0, len(lines[line])))
    )
    first, second = sorted([draw(points), draw(points)])
    return replace(SUBJECT, text=draw(st.sampled_from(["\n", "\r\n", "\r"])).join(lines), span=Span(first, second))


CONTEXTS = st.builds(
    Context,
    st.lists(
        st.builds(OpenFile, st.sampled_from(["lib/b.py", "app/a.py", "c.py"]), st.just("python"), st.text(max_size=80)),
        max_size=6,
    ).map(tuple),
    st.text(alphabet="rule \n", max_size=2_000),
)
ACTIONS = st.sampled_from([*BUILT_IN, custom("{selection} {surroundings} {file} {diagnostics} {path}"), custom("Do.")])
TURNS = st.lists(st.builds(Turn, st.text(max_size=20), st.text(max_size=300)), max_size=3).map(tuple)


@given(
    ACTIONS, subjects(), CONTEXTS, st.text(max_size=40), TURNS, st.integers(0, 6_000), st.sampled_from(sorted(COUNTS))
)
def test_a_prompt_is_never_longer_than_its_budget(
    one: Action,
    subject: Subject,
    context: Context,
    instruction: str,
    history: tuple[Turn, ...],
    budget_tokens: int,
    count: str,
) -> None:
    """However tokens are counted; or there is a sentence, and no prompt."""
    tokens_of = COUNTS[count]
    try:
        chat = prompt_for(one, subject, context, instruction, history, budget_tokens, tokens_of)
    except ValueError as error:
        assert str(error) in (TOO_LONG, "“Ask…” needs a question.")  # noqa: PT017 (most examples raise none)
        return

    assert sum(map(tokens_of, [chat.system, *(message.text for message in chat.messages)])) <= budget_tokens


@given(subjects(), CONTEXTS, ACTIONS, ACTIONS, st.integers(5_000, 20_000))
def test_all_prompts_about_one_document_begin_alike(
    one: Subject, context: Context, first: Action, second: Action, budget_tokens: int
) -> None:
    """Byte for byte, whatever the range, the action and the instruction: that is what caches look for."""
    both = one, replace(one, diagnostics=(Diagnosed(one.span, "x"),))
    spans = (Span((0, 0), (0, 0)), one.span)
    chats = [
        prompt_for(action, replace(subject, span=span), context, said, (), budget_tokens, len)
        for action, subject, span, said in zip((first, second), both, spans, ("One.", "Another."), strict=True)
    ]
    beginnings = [[message for message in chat.messages if message.stable] for chat in chats]

    assert chats[0].system == chats[1].system
    assert beginnings[0] == beginnings[1]
