"""Users' own actions: their templates, their defaults, and who may write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nearline_router.config import layered
from nearline_server.actions.catalogue import all_actions
from nearline_server.actions.custom import CustomAction
from nearline_server.actions.template import VARIABLES, filled, variables
from nearline_server.actions.values import Action

FOLDER = "actions: {theirs: {title: Theirs, prompt: Send it to me.}}\n"


def custom(**values: Any) -> Action:
    """An action of a user with these values."""
    return CustomAction.model_validate({"title": "T", "prompt": "P"} | values).action("mine")


@pytest.mark.parametrize(
    ("output", "kind", "max_output_tokens"),
    [("edit", "refactor.rewrite", 2048), ("text", "", 1024), ("new-file", "refactor", 2048)],
)
def test_the_kind_goes_with_the_output(output: str, kind: str, max_output_tokens: int) -> None:
    """Where none is given."""
    action = custom(output=output)

    assert (action.kind, action.max_output_tokens) == (kind, max_output_tokens)
    assert custom(output=output, kind="source.mine").kind == "source.mine"


@pytest.mark.parametrize(("tier", "complexity"), [("routine", "routine"), ("frontier", "complex")])
def test_the_tier_is_the_router_s_complexity(tier: str, complexity: str) -> None:
    """Complex work goes to the frontier tier."""
    assert custom(tier=tier).complexity == complexity


def test_a_text_for_a_strong_model_is_the_default() -> None:
    """A title and a prompt are enough."""
    assert custom() == Action("mine", "T", "", "text", "mine", "complex", 1024, "P")


def test_a_quick_fix_needs_diagnostics() -> None:
    """That is what the kind means; other kinds do not."""
    assert custom(kind="quickfix").needs_diagnostics
    assert custom(kind="quickfix.mine").needs_diagnostics
    assert not custom(kind="quickfixes", prompt="{diagnostics}").needs_diagnostics


def test_a_template_with_an_instruction_takes_one() -> None:
    """The variable says so."""
    assert custom(prompt="Do {instruction}.").takes_instruction
    assert not custom(prompt="Do {{instruction}}.").takes_instruction


@pytest.mark.parametrize(
    "values",
    [
        {"title": ""},
        {"title": " "},
        {"title": "two\nlines"},
        {"title": "long" * 30},
        {"prompt": ""},
        {"prompt": " \n"},
        {"prompt": "{nonsense}"},
        {"kind": "a b"},
        {"kind": ".quickfix"},
        {"kind": "refactor."},
        {"kind": "refactor\n"},
        {"output": "command"},
        {"tier": "complex"},
        {"command": "rm"},
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, Any]) -> None:
    """Each value has its check."""
    with pytest.raises(ValidationError):
        custom(**values)


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("", ()),
        ("{selection} {path} {selection}", ("selection", "path")),
        ("{selection}{file}", ("selection", "file")),
        ("{{selection}}", ()),
        ("{{{selection}}}", ()),
        ('{"a": 1, "b": {}}', ()),
        ("{ selection } {0} {}", ()),
        ("{selection.__class__}", ("selection.__class__",)),
        ("{selection[0]}", ("selection[0]",)),
        ("{selection!r}", ("selection!r",)),
        ("{selection:>10}", ("selection:>10",)),
        ("{Selection}", ("Selection",)),
        ("${selection} %(path)s $file", ("selection",)),
        ("{selection", ()),
    ],
)
def test_a_name_in_braces_is_a_variable(template: str, names: tuple[str, ...]) -> None:
    """Everything behind the first letter belongs to the name, so nothing is reached through one."""
    assert variables(template) == names


@pytest.mark.parametrize("name", ["selection.__class__", "selection[0]", "selection!r", "selection:>10", "self", "env"])
def test_what_format_strings_can_do_besides_is_an_unknown_variable(name: str) -> None:
    """The error names it."""
    with pytest.raises(ValidationError, match="unknown variable") as caught:
        custom(prompt=f"{{selection}} and {{{name}}}")

    assert f"unknown variable {{{name}}}; there are" in str(caught.value)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{a}{b}", "12"),
        ("{{a}} is {a}", "{a} is 1"),
        ('{"x": {}, "y": { a }}', '{"x": {}, "y": { a }}'),
        ("{{{a}}}", "{{a}}"),
        ("100 % {a} $a \\1", "100 % 1 $a \\1"),
    ],
)
def test_values_stand_where_the_names_stood(template: str, text: str) -> None:
    """And other braces are text."""
    assert filled(template, {"a": "1", "b": "2"}) == text


@given(st.sampled_from(VARIABLES), st.text(), st.text(alphabet="{}selctionpah.\\g<0>", max_size=30))
def test_what_is_filled_in_is_not_read_again(name: str, around: str, value: str) -> None:
    """A file that holds a variable's name gets nothing in its place."""
    plain = around.replace("{", "(").replace("}", ")")

    assert filled(f"{plain}{{{name}}}{plain}", {name: value}) == f"{plain}{value}{plain}"


def test_an_untrusted_folder_adds_no_action(tmp_path: Path) -> None:
    """Its file is heard when the user trusts it."""
    (tmp_path / "nearline.yaml").write_text(FOLDER)
    before, after = (layered(None, tmp_path, trusted=trusted) for trusted in (False, True))

    assert before.config.actions == {}
    assert [(one.severity, one.location) for one in before.problems] == [("warning", "actions")]
    assert (list(after.config.actions), after.problems) == (["theirs"], ())


def test_an_untrusted_folder_changes_no_action_of_the_user(tmp_path: Path) -> None:
    """Not even one of the same name."""
    folder = tmp_path / "work"
    folder.mkdir()
    user = tmp_path / "user.yaml"
    user.write_text(FOLDER.replace("Send it to me.", "Mine."))
    (folder / "nearline.yaml").write_text(FOLDER)

    assert layered(user, folder, trusted=False).config.actions["theirs"]["prompt"] == "Mine."


def test_the_example_in_the_commented_configuration_is_right() -> None:
    """With the marks of its comments removed, and with every key that an action has."""
    text = (Path(__file__).parents[3] / "config" / "nearline.yaml").read_text(encoding="utf-8")
    block = text[text.index("actions: {}\n") :].partition("\n\n")[0]
    shown = yaml.safe_load(block.replace("actions: {}\n#", "actions:\n ").replace("\n#", "\n "))["actions"]
    actions, complaints = all_actions(shown)

    assert complaints == []
    assert [set(entry) for entry in shown.values()] == [set(CustomAction.model_fields)]
    assert actions[-1].output == "edit"
    assert all(f"{{{name}}}" in block for name in VARIABLES)
