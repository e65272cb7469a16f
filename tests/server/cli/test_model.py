"""`nearline model` as a user sees it: what it prints, and how it exits."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

import nearline_server.cli.model as module
from nearline_router.engine import catalogue, store
from nearline_router.engine.catalogue import DEFAULT_MODEL_ID, Model, find_model
from nearline_router.engine.hub_file import HubFile
from nearline_router.engine.sources import Report
from nearline_router.engine.store import ProgressEvent
from nearline_router.errors import ModelStoreError
from nearline_server.cli.download_progress import shown
from nearline_server.cli.main import main

BODY = b"0123456789" * 100


@dataclass(frozen=True)
class Crumbs:
    """A source that delivers ten bytes at a time, or fails."""

    fails: bool = False
    interrupted: bool = False
    label: str = "crumbs"
    scratch_bytes: int = 0

    def fetch(self, partial: Path, size_bytes: int, report: Report) -> None:
        if self.fails:
            raise ModelStoreError("out of crumbs")
        if self.interrupted:
            raise KeyboardInterrupt
        with partial.open("ab") as file:
            for start in range(0, size_bytes, 10):
                file.write(BODY[start : start + 10])
                report(start + 10)


def tiny(source: Crumbs) -> Model:
    """The default model's row, with 1000 bytes from the source."""
    digest = hashlib.sha256(BODY).hexdigest()
    row = catalogue.MODELS[0]
    return dataclasses.replace(row, file_name="tiny.gguf", size_bytes=1000, sha256=digest, sources=(source,))


def by_hand() -> Model:
    """A model of unknown hash."""
    return dataclasses.replace(
        catalogue.MODELS[0],
        id="huge",
        file_name="huge.gguf",
        size_bytes=4_700_000_000,
        sha256=None,
        sources=(HubFile("https://hub.invalid/x"),),
        size_is_approximate=True,
    )


@pytest.fixture
def models_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEARLINE_MODELS_DIR", str(tmp_path))
    use(monkeypatch, Crumbs())
    return tmp_path


def use(monkeypatch: pytest.MonkeyPatch, source: Crumbs) -> None:
    """Makes a catalogue of two: a tiny default from the source, and one that must be fetched by hand."""
    for place in (catalogue, store, module):
        monkeypatch.setattr(place, "MODELS", (tiny(source), by_hand()))


def run(*arguments: str, typed: str | None = None) -> Result:
    """Runs `nearline model ...`."""
    return CliRunner().invoke(main, ["model", *arguments], input=typed)


def test_pull_says_what_it_will_do_and_then_does_it(models_dir: Path) -> None:
    """What, how big, from where, which licence, where to; then few plain lines; then the path."""
    result = run("pull")

    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert all(word in lines[0] for word in ("Qwen2.5-Coder", "0 MB", "crumbs", "Apache-2.0"))
    assert lines[1] == f"To be kept in: {models_dir}"
    assert lines[-1] == f"Ready: {models_dir / 'tiny.gguf'}"
    assert len(lines) <= 20
    assert (models_dir / "tiny.gguf").read_bytes() == BODY


@pytest.mark.usefixtures("models_dir")
def test_plain_progress_is_one_line_per_tenth() -> None:
    """A log of a long download stays readable."""
    shown = [line.split("%")[0].strip() for line in run("pull").stdout.splitlines() if "%" in line]

    assert [f"Downloading: {percent:3}" for percent in range(0, 101, 10)] + ["Verifying: 100"] == shown


@pytest.mark.usefixtures("models_dir")
def test_a_second_pull_says_that_it_is_there() -> None:
    """Nothing is asked or downloaded twice."""
    run("pull")

    result = run("pull")

    assert (result.exit_code, f"{DEFAULT_MODEL_ID} is already here") == (0, result.stdout.split(":")[0])


@pytest.mark.parametrize(("answer", "exit_code", "pulled"), [("y\n", 0, True), ("n\n", 1, False)])
def test_on_a_terminal_the_user_is_asked_first(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch, answer: str, exit_code: int, pulled: bool
) -> None:
    """A no downloads nothing."""
    monkeypatch.setattr(module, "_on_terminal", lambda: True)

    result = run("pull", typed=answer)

    assert "Download now?" in result.stdout
    assert (exit_code, pulled) == (result.exit_code, (models_dir / "tiny.gguf").exists())


@pytest.mark.usefixtures("models_dir")
def test_yes_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """--yes goes ahead on a terminal too."""
    monkeypatch.setattr(module, "_on_terminal", lambda: True)

    result = run("pull", "--yes")

    assert (result.exit_code, "Download now?" in result.stdout) == (0, False)


@pytest.mark.usefixtures("models_dir")
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (Crumbs(fails=True), "could not be downloaded. crumbs: out of crumbs"),
        (Crumbs(interrupted=True), "what has arrived is kept"),
    ],
)
def test_a_failed_pull_is_one_line_on_stderr(monkeypatch: pytest.MonkeyPatch, source: Crumbs, reason: str) -> None:
    """No traceback: a reason, and exit code 1."""
    use(monkeypatch, source)

    result = run("pull")

    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert reason in result.stderr


@pytest.mark.usefixtures("models_dir")
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["pull", "nope"], "no model is called 'nope'"),
        (["pull", "huge"], "https://hub.invalid/x"),
        (["verify"], "nearline model pull"),
        (["verify", "huge"], "huge is not installed"),
        (["remove", "huge"], "huge is not installed"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments: list[str], reason: str) -> None:
    """Every refusal is one line on stderr, nothing on stdout, and exit code 1."""
    result = run(*arguments)

    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
    assert reason in result.stderr


def test_verify_reads_every_installed_model(models_dir: Path) -> None:
    """A model put there by hand is named as not verified, and fails nothing."""
    run("pull")
    (models_dir / "huge.gguf").write_bytes(b"weights")

    result = run("verify")

    assert result.exit_code == 0
    assert f"{DEFAULT_MODEL_ID}: SHA-256 matches" in result.stdout
    assert "huge: not verified" in result.stdout


def test_verify_fails_for_a_damaged_model(models_dir: Path) -> None:
    """The line says how to get a sound one."""
    (models_dir / "tiny.gguf").write_bytes(BODY[::-1])

    result = run("verify", DEFAULT_MODEL_ID)

    assert result.exit_code == 1
    assert f"nearline model remove {DEFAULT_MODEL_ID}" in result.stderr


@pytest.mark.parametrize(("answer", "exit_code", "kept"), [("y\n", 0, False), ("n\n", 1, True)])
def test_remove_asks_on_a_terminal(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch, answer: str, exit_code: int, kept: bool
) -> None:
    """A download of minutes is not lost by a slip."""
    run("pull")
    monkeypatch.setattr(module, "_on_terminal", lambda: True)

    result = run("remove", DEFAULT_MODEL_ID, typed=answer)

    assert (exit_code, kept) == (result.exit_code, (models_dir / "tiny.gguf").exists())


def test_list_shows_what_is_here(models_dir: Path) -> None:
    """One row a model: here, to be had, or by hand; and where the folder is."""
    run("pull")

    result = run("list")

    rows = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    assert " yes " in rows[DEFAULT_MODEL_ID]
    assert "~4.7 GB" in rows["huge"]
    assert " by hand " in rows["huge"]
    assert rows["Folder:"] == f"Folder: {models_dir}"


@pytest.mark.usefixtures("models_dir")
def test_list_as_json_is_one_array_of_whole_rows() -> None:
    """Scripts get every field of the catalogue, and whether the model is here."""
    rows = json.loads(run("list", "--json").stdout)

    assert [(row["id"], row["installed"], row["default"]) for row in rows] == [
        (DEFAULT_MODEL_ID, False, True),
        ("huge", False, False),
    ]
    assert find_model(DEFAULT_MODEL_ID).sha256 == rows[0]["sha256"]


def test_the_real_list_fits_a_small_terminal() -> None:
    """The shipped catalogue needs one line a model at 80 columns."""
    result = CliRunner(env={"COLUMNS": "80"}).invoke(main, ["model", "list"])

    table = result.stdout.split("\n\n")[0].splitlines()
    assert 1 + len(catalogue.MODELS) == len(table)


def test_a_terminal_gets_a_bar() -> None:
    """On a terminal progress is drawn, and notes stand above the bar."""
    screen = io.StringIO()

    with shown(Console(file=screen, force_terminal=True, width=100, _environ={})) as progress:
        progress(ProgressEvent("download", 0, 1000, "first", "first: gone"))
        progress(ProgressEvent("download", 500, 1000, "second"))
        progress(ProgressEvent("verify", 1000, 1000, "second"))

    drawn = click.unstyle(screen.getvalue())
    assert "first: gone" in drawn
    assert "0.5/1.0 kB" in drawn
    assert "Verifying" in drawn


def test_a_dumb_terminal_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """No control sequence reaches a terminal that cannot follow it."""
    console = Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})

    with shown(console) as progress:
        progress(ProgressEvent("download", 500, 1000, "first"))

    assert capsys.readouterr().out == "Downloading:  50 %  0 MB of 0 MB\n"
