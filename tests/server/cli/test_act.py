"""`nearline explain` and the others: what is asked for, what is printed, what is written, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result as Finished

from nearline_router.errors import EndpointStarting, EndpointUnavailable, NoEndpoint
from nearline_server.actions.values import Edit, Result, Span, Subject
from nearline_server.cli.actions import asking

from .conftest import Run

CODE = "import os\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n"
ONE = Edit(Span((3, 4), (3, 7)), "eins")


class Model:
    """Stands where a model is asked: gives its pieces and a result, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.ready: dict[str, bool] = {}
        self.pieces: list[str] = []
        self.result: dict[str, Any] = {}
        self.errors: list[Exception] = []
        self.meanwhile: Callable[[], object] = lambda: None

    async def __call__(self, *arguments: Any) -> Result:
        """See actions.run.run."""
        router, action, subject, _, instruction, _, on_text, pin = arguments
        self.ready = {one.id: one.endpoint.ready for one in router.upstreams.values()}
        self.asked.append({"action": action.id, "subject": subject, "instruction": instruction, "pin": pin})
        for piece in self.pieces:
            on_text(piece)
        if self.errors:
            raise self.errors.pop(0)
        self.meanwhile()
        return Result("".join(self.pieces), "cloud", "large", **self.result)

    @property
    def subject(self) -> Subject:
        """What it was asked about last."""
        found: Subject = self.asked[-1]["subject"]
        return found


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    """No endpoint is asked."""
    model = Model()
    monkeypatch.setattr(asking, "run", model)
    return model


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """A configuration with one endpoint that nobody asks."""
    config = tmp_path / "far.yaml"
    config.write_text("endpoints: {far: {provider: openai, model: large}}\nengine: {enabled: false, discover: false}\n")
    return config


@pytest.fixture
def act(run: Run, far: Path) -> Callable[..., Finished]:
    """`act("explain", …)`."""
    return lambda *arguments: run(*arguments, "--config", far)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file in a folder of a repository."""
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    path = tmp_path / "repo" / "src" / "a.py"
    path.parent.mkdir()
    path.write_text(CODE)
    return path


Act = Callable[..., Finished]

# What is shown -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["explain", "review"])
def test_text_goes_to_standard_output_and_what_is_about_it_does_not(
    act: Act, model: Model, source: Path, name: str
) -> None:
    """What can be piped on is the answer alone."""
    model.pieces = ["It ", "returns 1."]
    model.result = {"note": "A local model did this.", "ttft_ms": 12.3, "output_tokens": 4}
    finished = act(name, source, "--instruction", "in German", "--pin", "cloud")

    assert (finished.exit_code, finished.stdout) == (0, "It returns 1.\n")
    assert finished.stderr == ("A local model did this.\n[cloud, large: first text after 12 ms, 4 tokens of answer]\n")
    assert (model.asked[0]["action"], model.asked[0]["instruction"], model.asked[0]["pin"]) == (
        name, "in German", "cloud"
    )  # fmt: skip


@pytest.mark.parametrize("name", ["refactor", "document"])
def test_an_edit_is_a_diff_and_nothing_is_written(act: Act, model: Model, source: Path, name: str) -> None:
    """As git has it, by the file's path in its repository."""
    model.pieces, model.result = ["```…```"], {"edits": (ONE,)}
    finished = act(name, source)

    assert (finished.exit_code, finished.stderr) == (0, "[cloud, large]\n")
    assert finished.stdout == (
        "--- a/src/a.py\n+++ b/src/a.py\n@@ -1,7 +1,7 @@\n import os\n \n \n-def one():\n+def eins():\n"
        "     return 1\n \n \n"
    )
    assert finished.stdout == act(name, source, "--diff").stdout
    assert source.read_text() == CODE


def test_json_is_one_object(act: Act, model: Model, source: Path) -> None:
    """With the diff, and edits whose lines and columns count from 1; nothing is streamed."""
    model.pieces, model.result = ["```…```"], {"edits": (ONE,), "note": "so", "total_ms": 5.0}
    finished = act("refactor", source, "--json")
    told = json.loads(finished.stdout)

    assert finished.stdout.count("\n") == 1
    assert {
        "text": "```…```",
        "endpoint": "cloud",
        "model": "large",
        "note": "so",
        "cut": False,
    }.items() <= told.items()
    assert told["edits"] == [{"line": 4, "column": 5, "end_line": 4, "end_column": 8, "text": "eins"}]
    assert (told["new_file"], told["diff"]) == (None, act("refactor", source).stdout)


def test_json_of_a_text(act: Act, model: Model, source: Path) -> None:
    """It stands in the object only."""
    model.pieces = ["It ", "returns 1."]
    told = json.loads(act("explain", source, "--json").stdout)

    assert (told["text"], told["edits"], told["diff"], told["new_file"]) == ("It returns 1.", None, None, None)


def test_a_new_file_is_printed(act: Act, model: Model, source: Path) -> None:
    """Its text alone where it can be piped to; its path beside it."""
    model.result = {"new_file": ("tests/test_a.py", "def test_one(): ...\n")}
    finished = act("tests", source)

    assert (finished.exit_code, finished.stdout) == (0, "def test_one(): ...\n")
    assert finished.stderr.splitlines()[0] == "tests/test_a.py:"
    assert json.loads(act("tests", source, "--json").stdout)["new_file"] == {
        "path": "tests/test_a.py", "text": "def test_one(): ...\n"
    }  # fmt: skip


def test_what_cannot_be_applied_is_offered_as_text(act: Act, model: Model, source: Path) -> None:
    """Beside the place where a diff is expected, with the reason and exit code 1."""
    model.pieces, model.result = ["def ei"], {"note": "The answer was cut.", "cut": True}
    finished = act("refactor", source, "--apply")

    assert (finished.exit_code, finished.stdout) == (1, "")
    assert finished.stderr == "def ei\nThe answer was cut.\n[cloud, large]\n"
    assert source.read_text() == CODE


# What it is about --------------------------------------------------------------------------------------------------


def test_without_a_line_it_is_the_whole_file(act: Act, model: Model, source: Path) -> None:
    """Named as an editor would, from the root of its repository."""
    act("explain", source)
    subject = model.subject

    assert (subject.span, subject.chosen, subject.text) == (Span((0, 0), (9, 0)), "document", CODE)
    assert (subject.path, subject.file, subject.uri) == ("src/a.py", str(source), source.as_uri())
    assert (subject.workspace, subject.language) == (str(source.parents[1]), "python")


def test_a_line_means_what_is_around_it(act: Act, model: Model, source: Path) -> None:
    """Here a function."""
    act("explain", f"{source}:9")

    assert (model.subject.chosen, model.subject.span.start) == ("function", (7, 0))


@pytest.mark.parametrize("lines", ["4-5", "5-5"])
def test_lines_mean_themselves(act: Act, model: Model, source: Path, lines: str) -> None:
    """Whole ones."""
    act("explain", f"{source}:{lines}")
    start, end = model.subject.span.start, model.subject.span.end

    assert model.subject.chosen == "selection"
    assert (start, end[0] in (4, 5)) == ((int(lines[0]) - 1, 0), True)


@pytest.mark.parametrize(
    ("lines", "reason"), [("11", "not 11"), ("0", "not 0"), ("5-4", "not 5-4"), ("4-99", "not 4-99")]
)
def test_lines_that_are_not_there_are_said(act: Act, model: Model, source: Path, lines: str, reason: str) -> None:
    """One sentence that says which there are."""
    finished = act("explain", f"{source}:{lines}")

    assert (finished.exit_code, finished.stdout, model.asked) == (1, "", [])
    assert finished.stderr == f"Error: {source} has lines 1 to 10, {reason}\n"


def test_a_file_may_be_called_like_a_place(act: Act, model: Model, source: Path) -> None:
    """What is there is meant."""
    odd = source.with_name("a:3")
    odd.write_text("x\n")
    act("explain", odd)

    assert (model.subject.path, model.subject.chosen) == ("src/a:3", "document")


@pytest.mark.parametrize(("name", "reason"), [("none.py", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_said(act: Act, model: Model, source: Path, name: str, reason: str) -> None:
    """With the system's reason."""
    finished = act("explain", source.parent / name)

    assert (finished.exit_code, len(finished.stderr.splitlines()), model.asked) == (1, 1, [])
    assert reason in finished.stderr


def test_what_is_no_text_is_refused(act: Act, model: Model, source: Path) -> None:
    """A program, a picture, UTF-16."""
    source.write_bytes(b"\x7fELF\0")

    assert "is not a text file" in act("explain", source).stderr
    assert model.asked == []


@pytest.mark.parametrize("marker", ["nearline.yaml", ".nearlineignore"])
def test_outside_of_a_repository_the_folder_of_our_own_files_counts(
    act: Act, model: Model, tmp_path: Path, marker: str
) -> None:
    """Its rules are meant for what is below it."""
    path = tmp_path / "notes" / "deep" / "a.py"
    path.parent.mkdir(parents=True)
    path.write_text(CODE)
    (tmp_path / "notes" / marker).write_text("")
    act("explain", path)

    assert (model.subject.workspace, model.subject.path) == (str(tmp_path / "notes"), "deep/a.py")


def test_a_fix_needs_to_know_what_is_wrong(act: Act, model: Model, source: Path) -> None:
    """A file that compiles says nothing; a sentence from the user is enough."""
    finished = act("fix", source)
    act("fix", f"{source}:5", "--instruction", "TypeError: 1")

    assert (finished.exit_code, finished.stdout) == (1, "")
    assert finished.stderr == "Error: no problem is known there: say what is wrong with --instruction\n"
    assert [one["instruction"] for one in model.asked] == ["TypeError: 1"]


def test_an_error_of_python_s_grammar_is_known(act: Act, model: Model, source: Path) -> None:
    """It says where it is by itself, and goes with the range that has it."""
    source.write_text(CODE.replace("return 2", "return 2 +"))
    act("fix", source)
    (found,) = model.subject.diagnostics
    elsewhere = act("fix", f"{source}:4-5")

    assert (found.message, found.source, found.span.start[0]) == ("invalid syntax", "Python", 8)
    assert model.subject.span.start <= (8, 0)
    assert model.subject.chosen != "document"
    assert elsewhere.exit_code == 1
    assert [path.name for path in source.parent.iterdir()] == ["a.py"]


@pytest.mark.parametrize("text", ["\ufeffx = (\n", "(" * 300 + "\n", "x = '\udcff'\n", "\ty\n x\n"])
def test_no_text_is_too_odd_to_be_compiled(act: Act, model: Model, source: Path, text: str) -> None:
    """Byte order marks, brackets, bytes that are not UTF-8: an error is found, or none."""
    source.write_bytes(text.encode("utf-8", "surrogateescape"))
    finished = act("fix", source, "--instruction", "mend it")

    assert (finished.exit_code, len(model.asked)) == (1, 1)  # 1: no edit came of it
    assert "no problem" not in finished.stderr


def test_other_languages_have_no_compiler_here(act: Act, model: Model, source: Path) -> None:
    """A user says what is wrong with them."""
    other = source.with_name("a.go")
    other.write_text("func {\n")

    assert "say what is wrong" in act("fix", other).stderr
    assert model.asked == []


def test_a_question_may_be_about_no_file(act: Act, model: Model, source: Path) -> None:
    """Or about one, or a place in it."""
    model.pieces = ["A burrito."]
    finished = act("ask", "what is a monad?")
    act("ask", "why?", f"{source}:9")

    assert (finished.exit_code, finished.stdout) == (0, "A burrito.\n")
    assert (model.asked[0]["subject"], model.asked[0]["instruction"]) == (None, "what is a monad?")
    assert (model.subject.chosen, model.asked[1]["instruction"]) == ("function", "why?")


# What is written ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        (b"a = 1\r\nb = 2\r\n", Edit(Span((0, 4), (0, 5)), "3"), b"a = 3\r\nb = 2\r\n"),
        (b"a = 1\rb = 2\r", Edit(Span((1, 4), (1, 5)), "3"), b"a = 1\rb = 3\r"),
        (b"a = 1\nb = 2", Edit(Span((1, 4), (1, 5)), "3"), b"a = 1\nb = 3"),
        (b"a = '\xff'\nb = 2\n", Edit(Span((1, 4), (1, 5)), "3"), b"a = '\xff'\nb = 3\n"),
        (b"a = '\xff' + 1\n", Edit(Span((0, 10), (0, 11)), "3"), b"a = '\xff' + 3\n"),
        (b"\xef\xbb\xbfa = 1\n", Edit(Span((0, 5), (0, 6)), "3"), b"\xef\xbb\xbfa = 3\n"),
        ("a = '😀'\n".encode(), Edit(Span((0, 5), (0, 6)), "é\ud800"), "a = 'é\ufffd'\n".encode()),
    ],
)
def test_apply_changes_the_asked_characters_only(
    act: Act, model: Model, source: Path, before: bytes, edit: Edit, after: bytes
) -> None:
    """Line ends, odd bytes and marks stay; the printed diff is the same change."""
    source.write_bytes(before)
    model.result = {"edits": (edit,)}
    patch = act("refactor", source).stdout_bytes
    finished = act("refactor", source, "--apply")

    assert (finished.exit_code, finished.stdout) == (0, "")
    assert source.read_bytes() == after
    source.write_bytes(before)
    subprocess.run(["git", "apply", "-"], input=patch, cwd=source.parents[1], check=True, timeout=60)
    assert source.read_bytes() == after


def test_apply_keeps_the_mode_and_the_link(act: Act, model: Model, source: Path) -> None:
    """A program stays one, a link leads where it led, and nothing else is left in the folder."""
    source.chmod(0o754)
    link = source.parents[1] / "link.py"
    link.symlink_to(source)
    model.result = {"edits": (ONE,)}
    finished = act("refactor", link, "--apply")

    assert finished.stderr == f"{source} is written.\n[cloud, large]\n"
    assert (source.stat().st_mode & 0o777, link.is_symlink()) == (0o754, True)
    assert source.read_text() == CODE.replace("one", "eins")
    assert [path.name for path in source.parent.iterdir()] == ["a.py"]


def test_a_file_that_changed_meanwhile_is_left_alone(act: Act, model: Model, source: Path) -> None:
    """Somebody saved it while the model was thinking."""
    model.result, model.meanwhile = {"edits": (ONE,)}, lambda: source.write_text("mine\n")
    finished = act("refactor", source, "--apply")

    assert (finished.exit_code, source.read_text()) == (1, "mine\n")
    assert "has changed since it was read; nothing was written" in finished.stderr
    assert [path.name for path in source.parent.iterdir()] == ["a.py"]


def test_a_read_only_file_is_left_alone(act: Act, model: Model, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replacing it would need no permission of the file's own."""
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)
    model.result = {"edits": (ONE,)}
    finished = act("refactor", source, "--apply")

    assert (finished.exit_code, source.read_text()) == (1, CODE)
    assert "is read-only; nothing was written" in finished.stderr


def test_an_edit_of_nothing_writes_nothing(act: Act, model: Model, source: Path) -> None:
    """The file is not even touched."""
    model.result = {"edits": (), "note": "The answer changes nothing."}
    before = source.stat()
    finished = act("refactor", source, "--apply")

    assert (finished.exit_code, finished.stdout) == (0, "")
    assert (source.stat().st_mtime_ns, source.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_apply_makes_the_new_file(act: Act, model: Model, source: Path) -> None:
    """And its folders."""
    model.result = {"new_file": ("tests/src/test_a.py", "def test_one(): ...\n")}
    finished = act("tests", source, "--apply")
    made = source.parents[1] / "tests" / "src" / "test_a.py"

    assert (finished.exit_code, finished.stdout) == (0, "")
    assert finished.stderr == f"{made} is made.\n[cloud, large]\n"
    assert made.read_text() == "def test_one(): ...\n"


def test_apply_never_overwrites_another_file(act: Act, model: Model, source: Path) -> None:
    """Nor writes anywhere else, whatever a link says."""
    (source.parents[1] / "test_a.py").write_text("precious\n")
    (source.parents[1] / "out").symlink_to(source.parents[2])
    model.result = {"new_file": ("test_a.py", "new\n")}
    there = act("tests", source, "--apply")
    model.result = {"new_file": ("out/test_b.py", "new\n")}
    outside = act("tests", source, "--apply")

    assert (there.exit_code, outside.exit_code) == (1, 1)
    assert "is there already; nothing was written" in there.stderr
    assert "is outside of" in outside.stderr
    assert (source.parents[1] / "test_a.py").read_text() == "precious\n"
    assert not (source.parents[2] / "test_b.py").exists()


def test_apply_and_diff_exclude_each_other(act: Act, model: Model, source: Path) -> None:
    """A wrong usage."""
    finished = act("refactor", source, "--apply", "--diff")

    assert (finished.exit_code, model.asked) == (2, [])
    assert "exclude each other" in finished.stderr


def test_apply_and_json_go_together(act: Act, model: Model, source: Path) -> None:
    """A script may apply an edit and know of it."""
    model.result = {"edits": (ONE,)}
    finished = act("refactor", source, "--apply", "--json")

    assert len(json.loads(finished.stdout)["edits"]) == 1
    assert source.read_text() == CODE.replace("one", "eins")


# How it ends -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoEndpoint("no endpoint may answer"), 3),
        (EndpointUnavailable("cloud: it refused"), 1),
        (ValueError("The selection is too long."), 1),
    ],
)
def test_an_error_is_one_sentence(act: Act, model: Model, source: Path, error: Exception, code: int) -> None:
    """On standard error, and in JSON where that was asked for."""
    model.errors = [error, error]
    plain, as_json = act("explain", source), act("explain", source, "--json")

    assert (plain.exit_code, plain.stdout, plain.stderr) == (code, "", f"Error: {error}\n")
    assert (as_json.exit_code, json.loads(as_json.stdout)) == (code, {"error": str(error)})


def test_local_servers_are_found_before_anybody_is_asked(run: Run, config: Path, model: Model, source: Path) -> None:
    """So that what is near counts in the decision."""
    run("explain", source, "--config", config)

    assert model.ready == {"local": True}


def test_an_engine_is_started_only_when_nobody_else_may_answer(
    act: Act, model: Model, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And then the question is asked again; in the middle of an answer it is not."""
    connections: list[object] = []

    async def connected(router: object) -> None:
        connections.append(router)

    monkeypatch.setattr(asking, "connected", connected)
    model.errors = [EndpointStarting("embedded: not started yet")]
    started = act("explain", source)
    model.pieces, model.errors = ["It re"], [EndpointStarting("embedded: it died")]
    died = act("explain", source)

    assert (started.exit_code, len(model.asked) - 1, len(connections)) == (0, 2, 1)
    assert (died.exit_code, died.stdout, died.stderr) == (1, "It re\n", "Error: embedded: it died\n")


def test_ctrl_c_is_exit_code_130(act: Act, model: Model, source: Path) -> None:
    """Without a traceback."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    model.meanwhile = interrupt
    finished = act("explain", source)

    assert (finished.exit_code, finished.stdout, finished.stderr) == (130, "", "Cancelled.\n")
