"""What must stay with the user, and the sentence that says why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.config.models import ResidencyConfig
from nearline_router.residency import memory
from nearline_router.residency.ignore import IgnoreFiles
from nearline_router.residency.rules import ResidencyRules
from nearline_router.types import Chat, Infill, Message, RoutingRequest, Snippet

SECRET = "gh" + "p_" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYzC9q"


def rules(**config: Any) -> ResidencyRules:
    """Rules with no ignore file read."""
    return ResidencyRules(ResidencyConfig(**config), IgnoreFiles())


def ask(path: str | None = None, workspace: str | None = None, **fields: Any) -> RoutingRequest:
    """A request that nothing holds but what is said."""
    return RoutingRequest(fields.pop("prompt", "hello"), 8, path=path, workspace=workspace, **fields)


def infill(
    prefix: str = "", middle: str = "", suffix: str = "", path: str = "a.py", language: str = "python"
) -> Infill:
    """A hole in a document."""
    return Infill(prefix, middle, suffix, path, language)


def test_nothing_holds_a_request_by_default() -> None:
    assert rules().must_stay(ask("patients/a.py")) is None


def test_everything_stays_if_that_is_said() -> None:
    assert rules(everything=True).must_stay(ask()) == "everything stays"


def test_a_request_may_say_that_it_stays() -> None:
    assert rules().must_stay(ask(requires_data_sovereignty=True)) == "it is said to need data sovereignty"


@pytest.mark.parametrize("request_", [ask(language="SQL"), ask(prompt=infill(language="SQL"))])
def test_a_language_stays_whatever_its_case_and_whoever_names_it(request_: RoutingRequest) -> None:
    assert rules(languages={"sql"}).must_stay(request_) == "language SQL stays"


def test_an_infill_brings_its_own_path() -> None:
    assert rules(paths=["patients/**"]).must_stay(ask(prompt=infill(path="patients/a.py"))) is not None


def test_the_reason_names_the_pattern_that_matches() -> None:
    both = rules(paths=["other/**", "Patients/**"])
    assert both.must_stay(ask("patients/a.py")) == "its path matches Patients/**"


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("patients/**", "patients/2026/a.py"),
        ("patients/", "src/patients/a.py"),
        ("patients", "src/patients/a.py"),
        ("/patients", "patients/a.py"),
        ("*.sql", "src/dump.SQL"),
        ("secret?.txt", "a/secret1.txt"),
        ("a/**/z.py", "a/b/c/z.py"),
        ("*pat*ent*.py", "x/a_patient_s.py"),
        ("größe/**", "gro\u0308ße/a.py"),
        ("GRÖSSE/**", "größe/a.py"),
        ("患者/**", "患者/a.py"),
        ("patients/**", "patients\\a.py"),
        ("patients/**", ".\\patients\\a.py"),
        ("patients/**", "C:\\work\\patients\\a.py"),
        ("patients/**", "\\\\server\\share\\patients\\a.py"),
        ("patients/**", "/somewhere/else/patients/a.py"),
        ("patients/**", "../other/patients/a.py"),
        ("patients/**", "~/patients/a.py"),
        ("patients/**", "file:///work/patients/a.py"),
        ("patients/**", "file:///c%3A/work/patients/a.py"),
        ("patients/**", "vscode-remote://ssh/work/patients/a.py"),
        ("patients/**", "patients%2Fa.py"),
        ("patients/**", "patients./a.py"),
        ("patients/a.py", "patients/a.py::$DATA"),
    ],
)
def test_a_path_stays_in_every_spelling(pattern: str, path: str) -> None:
    assert rules(paths=[pattern]).must_stay(ask(path)) == f"its path matches {pattern}"


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("patients/**", "src/a.py"),
        ("patients/**", "patients.py"),
        ("/patients", "src/patients/a.py"),
        ("*.sql", "src/sql.py"),
        ("patients/**", "impatients/a.py"),
        ("a*b*c", "acb"),
    ],
)
def test_a_path_that_no_pattern_names_may_leave(pattern: str, path: str) -> None:
    assert rules(paths=[pattern]).must_stay(ask(path)) is None


@pytest.mark.parametrize("path", ["a/" * 70 + "b.py", "x" * 2000])
def test_a_path_too_long_to_judge_stays(path: str) -> None:
    assert rules().must_stay(ask(path)) == "its path cannot be judged"


@pytest.mark.parametrize(
    "pattern",
    [
        "[abc",
        "[z-a]",
        "",
        "  ",
        "# all",
        "/",
        "!keep",
        "a\\",
        "patients\\**",
        "C:\\patients",
        "./a",
        "a/../b",
        "a//b",
        "~/a",
    ],
)
@pytest.mark.parametrize("key", ["paths"])
def test_a_pattern_that_would_never_match_is_an_error_that_names_it(key: str, pattern: str) -> None:
    with pytest.raises(ValueError, match=f"residency.{key}") as caught:
        rules(**{key: [pattern]})
    assert repr(pattern) in str(caught.value)


NAMES = st.sampled_from(["a", "b", "patients", "Ärzte", "x y", "node.js"])
FOLDERS = st.lists(NAMES, min_size=1, max_size=3)


@st.composite
def spelled(draw: st.DrawFn) -> tuple[str, str]:
    """A folder, and a path in it with steps that change nothing and with letters of any case."""
    folder, rest = draw(FOLDERS), draw(FOLDERS)
    steps: list[str] = []
    for step in [*folder, *rest]:
        steps += draw(st.sampled_from([[], ["."], [""], ["other", ".."], ["o", "p", "..", ".."]])) if steps else []
        steps.append(draw(st.sampled_from([step, step.upper(), step.lower()])))
    begin = draw(st.sampled_from(["", "./", "other/../", "/elsewhere/", "C:/", "../up/", "file:///r/"]))
    separator = draw(st.sampled_from(["/", "\\"]))
    return "/".join(folder), (begin + "/".join(steps)).replace("/", separator)


@given(spelled(), st.sampled_from(["{}/**", "/{}/", "{}"]))
def test_any_spelling_of_a_path_in_a_folder_that_stays_stays(case: tuple[str, str], form: str) -> None:
    folder, path = case
    assert rules(paths=[form.format(folder)]).must_stay(ask(path)) is not None


PATTERNS = st.sampled_from(["a", "a/**", "/b", "*.js", "**/x*", "b/*/a", "p?tients", "[!a]b"])


@given(st.lists(PATTERNS, max_size=3), PATTERNS, st.lists(NAMES, min_size=1, max_size=4).map("/".join))
def test_another_pattern_lets_nothing_leave(patterns: list[str], more: str, path: str) -> None:
    before = rules(paths=patterns).must_stay(ask(path))
    for wider in ([*patterns, more], [more, *patterns]):
        assert before is None or rules(paths=wider).must_stay(ask(path)) is not None


@pytest.mark.parametrize(
    ("listed", "workspace"),
    [
        ("/work/clinic", "/work/clinic"),
        ("/work/clinic/", "/work/clinic/sub/"),
        ("/work/**", "/work/clinic"),
        ("clinic", "/work/Clinic"),
        ("C:\\clinic", "c:/clinic/"),
        ("/work/clinic", "/work/x/../clinic"),
    ],
)
def test_a_workspace_stays(listed: str, workspace: str) -> None:
    assert rules(workspaces=[listed]).must_stay(ask(workspace=workspace)) == "this workspace stays"


def test_a_folder_that_stays_does_so_when_a_folder_above_it_is_open(tmp_path: Path) -> None:
    ignore = IgnoreFiles()
    ignore.load(str(tmp_path))
    listed = ResidencyRules(ResidencyConfig(workspaces=(f"{tmp_path}/clinic",)), ignore)
    assert listed.must_stay(ask("clinic/a.py", str(tmp_path))) == "this workspace stays"
    assert listed.must_stay(ask("a.py", str(tmp_path))) is None


def test_a_workspace_stays_until_its_ignore_files_are_read(tmp_path: Path) -> None:
    ignore = IgnoreFiles()
    filter_ = ResidencyRules(ResidencyConfig(), ignore)
    request = ask("a.py", str(tmp_path))
    assert filter_.must_stay(request) == ".nearlineignore of this workspace has not been read yet"
    ignore.load(str(tmp_path))
    assert filter_.must_stay(request) is None


def test_an_ignore_file_that_changed_counts_from_its_next_reading(tmp_path: Path) -> None:
    ignore = IgnoreFiles()
    ignore.load(str(tmp_path))
    filter_ = ResidencyRules(ResidencyConfig(), ignore)
    request = ask("a.py", str(tmp_path))
    assert filter_.must_stay(request) is None
    (tmp_path / ".nearlineignore").write_text("a.py\n")
    ignore.load(str(tmp_path))
    assert filter_.must_stay(request) == ".nearlineignore of this workspace names it"


@pytest.mark.parametrize(
    "prompt",
    [
        f"print('{SECRET}')",
        infill(prefix=SECRET),
        infill(suffix=SECRET),
        infill(prefix=f"key = '{SECRET[:9]}", middle=SECRET[9:20], suffix=SECRET[20:]),
        infill(prefix="x" * 5000 + "\n" + SECRET[:9], suffix=SECRET[9:] + "\n" + "x" * 5000),
        Chat(SECRET, ()),
        Chat("", (Message("user", "hello"), Message("assistant", SECRET))),
    ],
)
def test_a_secret_anywhere_in_a_prompt_holds_it(prompt: Any) -> None:
    assert rules().must_stay(ask(prompt=prompt)) == "a GitHub token was found in the text"


def test_the_reason_says_the_kind_with_its_article() -> None:
    key = "AK" + "IA" + "QYLPMN5HHHFPZAM2"
    assert rules().must_stay(ask(prompt=key)) == "an AWS access key was found in the text"


def test_secrets_may_leave_if_that_is_allowed() -> None:
    assert rules(secrets="allow").must_stay(ask(prompt=SECRET)) is None


def test_a_document_in_which_a_secret_was_found_stays_when_it_is_out_of_sight() -> None:
    filter_ = rules()
    filter_.must_stay(ask(prompt=infill(prefix=SECRET, path="src/a.py")))
    for path in ("src/a.py", "./src//A.py", "src\\a.py"):
        later = ask(prompt=infill(path=path))
        assert filter_.must_stay(later) == "a GitHub token was found in it before"
    assert filter_.must_stay(ask(prompt=infill(path="src/b.py"))) is None


def test_new_rules_remember_no_document() -> None:
    rules().must_stay(ask("a.py", prompt=SECRET))
    assert rules().must_stay(ask("a.py")) is None


def test_a_document_without_a_path_is_remembered_by_its_name() -> None:
    filter_ = rules()
    filter_.must_stay(ask(prompt=SECRET, document="untitled:1"))
    assert filter_.must_stay(ask(document="untitled:1")) is not None
    assert filter_.must_stay(ask(document="untitled:2")) is None


def test_everything_stays_rather_than_that_a_document_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_DOCUMENTS", 2)
    filter_ = rules()
    for name in ("a.py", "b.py"):
        filter_.must_stay(ask(name, prompt=SECRET))
    assert filter_.must_stay(ask("c.py")) == "secrets were found in too many documents to tell them apart"


def test_a_text_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    monkeypatch.setattr(memory, "find_secret", lambda text: searched.append(text))
    filter_ = rules()
    prefix, suffix = "def f():\n" * 400, "return\n" * 100
    for middle in ("r", "re", "ret"):
        filter_.must_stay(ask(prompt=infill(prefix, middle, suffix)))
    assert searched.count(prefix) == searched.count(suffix) == 1


def test_the_memory_of_texts_is_bounded_and_holds_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_TEXTS", 3)
    filter_ = rules()
    for number in range(9):
        filter_.must_stay(ask(prompt=f"private text {number}"))
    assert filter_._secrets is not None
    assert len(filter_._secrets._kinds) == 3
    assert "private text" not in repr(vars(filter_._secrets))


def with_context(*others: Snippet, **fields: Any) -> RoutingRequest:
    """A hole in a harmless file, with pieces of others."""
    return ask("a.py", prompt=replace(infill("x = 1\n"), context=others), **fields)


@pytest.mark.parametrize(
    ("config", "other", "reason"),
    [
        ({"paths": ["patients/**"]}, Snippet("patients/a.py", "python", "x"), "its path matches patients/**"),
        ({"languages": ["sql"]}, Snippet("a.sql", "sql", "x"), "language sql stays"),
        ({"secrets": "local"}, Snippet("b.py", "python", f"K = '{SECRET}'"), "was found in the text"),
        ({"secrets": "redact"}, Snippet("b.py", "python", f"K = '{SECRET}'"), "was found in the text"),
        ({"paths": ["x/**"]}, Snippet("../../x/b.py", "python", "x"), "path"),
    ],
)
def test_what_goes_with_a_hole_holds_it_as_it_would_by_itself(
    config: dict[str, Any], other: Snippet, reason: str
) -> None:
    """The prompt stays if any file in it must."""
    held = rules(**config).must_stay(with_context(Snippet("ok.py", "python", "y = 2\n"), other))

    assert held is not None
    assert held.startswith("a file that goes with it: ")
    assert reason in held


def test_a_secret_in_what_goes_along_says_nothing_about_the_document() -> None:
    """Without that piece the document may leave again; the file that the piece is of stays."""
    filter_ = rules()
    filter_.must_stay(with_context(Snippet("b.py", "python", f"K = '{SECRET}'"), document="file:///a.py"))

    assert filter_.must_stay(ask("a.py", prompt=infill("x = 1\n"), document="file:///a.py")) is None
    assert filter_.must_stay(ask("b.py")) is not None


def test_harmless_files_go_along() -> None:
    """Nothing is held that no rule names."""
    filter_ = rules(paths=["patients/**"], languages=["sql"])
    assert filter_.must_stay(with_context(Snippet("b.py", "python", "y = 2\n"))) is None
