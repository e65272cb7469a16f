"""Prompts of users' own actions: what a variable becomes, and what comes by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nearline_server.actions.custom import CustomAction
from nearline_server.actions.prompt.compose import prompt_for
from nearline_server.actions.values import Context, Diagnosed, Span, Subject

TEXT = "import os\n\n\ndef one():\n    return 1\n"
SUBJECT = Subject("file:///a.py", "app/a.py", None, "python", 1, TEXT, Span((3, 0), (5, 0)), "function")
PROBLEM = Diagnosed(Span((3, 4), (3, 7)), "bad name")
RANGE = "<data-1-range>\ndef one():\n    return 1\n</data-1-range>\n"
FILE = '<data-1 kind="file" path="app/a.py" language="python" lines="1-5 of 6">\n'


def asked(template: str, subject: Subject = SUBJECT, instruction: str = "", **values: Any) -> str:
    """The message without its introduction."""
    action = CustomAction.model_validate({"title": "T", "prompt": template} | values).action("mine")
    text = prompt_for(action, subject, Context(), instruction, (), 10_000, len).messages[-1].text
    return text.partition("\n\n")[2]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Do {selection}!", f'Do \n<data-1 kind="selection">\n{RANGE}</data-1>\n!\nForm: text.'),
        ("Do {surroundings}", f"Do \n{FILE}import os\n\n\n{RANGE}</data-1>\nForm: text."),
        ("Do {file}", f"Do \n{FILE}{TEXT}</data-1>\nForm: text."),
    ],
)
def test_a_template_that_shows_the_place_gets_it_there_and_nowhere_else(template: str, text: str) -> None:
    """Fenced; who asks for the selection sends nothing around it."""
    assert asked(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Translate.", "Translate."),
        ("In {path}.", 'In <data-1>"app/a.py"</data-1>.'),
        ("In {language}.", 'In <data-1>"python"</data-1>.'),
        ("Mind {{selection}}.", "Mind {selection}."),
        ("Fix {diagnostics}", 'Fix \n<data-1 kind="diagnostics">\nnone\n</data-1>'),
    ],
)
def test_any_other_template_gets_the_place_before_it(template: str, text: str) -> None:
    """With the range marked."""
    assert asked(template) == f"{FILE}import os\n\n\n{RANGE}</data-1>\n\n{text}\nForm: text."


@pytest.mark.parametrize(
    ("template", "end"),
    [
        ("Say {instruction} twice.", "Say it twice.\nForm: text."),
        ("Say something.", "Say something.\nThe user says: it\nForm: text."),
    ],
)
def test_an_instruction_stands_in_its_place_or_at_the_end(template: str, end: str) -> None:
    """It is never lost, nor said twice."""
    assert asked(template, instruction="it").endswith(f"\n{end}")


def test_an_instruction_is_not_a_template() -> None:
    """What the user types is not filled in."""
    assert "Say {selection}.\n" in asked("Say {instruction}.", instruction="{selection}")


@pytest.mark.parametrize(
    ("template", "kind", "times"),
    [
        ("Do.", "refactor", 0),
        ("Do {diagnostics}", "refactor", 1),
        ("Do.", "quickfix", 1),
        ("{diagnostics}", "quickfix", 1),
    ],
)
def test_diagnostics_come_where_they_are_asked_for(template: str, kind: str, times: int) -> None:
    """By the template, or by the kind, which is about them."""
    text = asked(template, replace(SUBJECT, diagnostics=(PROBLEM,)), kind=kind)

    assert text.count("line 4: bad name\n  in: def one():\n") == times


def test_a_new_file_is_told_its_path() -> None:
    """As data."""
    assert '<data-1 kind="new-file" path="app/test_a.py">\n</data-1>\n' in asked("Port it.", output="new-file")


def test_a_file_that_is_too_long_is_cut_around_the_range() -> None:
    """The variable is the part that fits, with the lines that it has."""
    text = "".join(f"line_{number}\n" for number in range(5_000))
    shown = asked("{file}", replace(SUBJECT, text=text, span=Span((2_000, 0), (2_001, 0))))

    assert "\nline_1999\nline_2000\nline_2001\n" in shown
    assert "\nline_0\n" not in shown
