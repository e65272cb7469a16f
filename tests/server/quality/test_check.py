"""`nearline model check` as a user sees it: what it prints, what it keeps, how it exits."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nearline_server.cli.main import main
from nearline_server.quality import check, snippets, verdict
from nearline_server.quality.check import router_for
from nearline_server.quality.history import FILE
from nearline_server.quality.snippets import holes_in
from tests.scripted_llama import MODEL, ScriptedLlama

MARKED = "".join(f"a{number} = ⟦1 + {number}⟧\n" for number in range(6))
CHECK = "# --- check ---\nassert a0 == 1 and a1 == 2\n"


@pytest.fixture(autouse=True)
def _six_holes(monkeypatch: pytest.MonkeyPatch) -> None:
    holes = list(holes_in("a.py", MARKED + CHECK))
    for module in (check, snippets):
        monkeypatch.setattr(module, "shipped_holes", lambda: holes)
    monkeypatch.setattr(verdict, "FIGURES", {verdict.DEFAULT: "wwwwww"})


def run(config: Path, *arguments: str) -> Result:
    """The command, in front of the scripted server."""
    return CliRunner().invoke(main, ["--config", str(config), "model", "check", *arguments])


def kept() -> list[dict[str, object]]:
    """The lines of the file of runs."""
    return [json.loads(line) for line in (Path(os.environ["NEARLINE_STATE_DIR"]) / FILE).read_text().splitlines()]


def test_the_outcome_is_printed_and_kept_without_any_text(config: Path, llama: ScriptedLlama) -> None:
    """`1 + 0` is exact at the first hole, wrong at the second, and works where the check does not look."""
    llama.pieces = ["1 + 0"]

    result = run(config)

    assert result.exit_code == 0, result.output
    assert f"{MODEL}, 6 holes in" in result.stdout
    assert "exact 1, right 5 of 6" in result.stdout
    assert "clearly better than the default model" in result.stdout
    (line,) = kept()
    assert set(line) == {"time", "model", "holes", "letters", "seconds"}
    assert (line["model"], line["letters"]) == (MODEL, "ewpppp")


def test_a_model_that_got_worse_ends_with_exit_code_1(config: Path, llama: ScriptedLlama) -> None:
    """Its own earlier run is the measure; both are shown."""
    llama.pieces = ["1 + 0"]
    run(config)
    llama.pieces = ["nonsense("]

    result = run(config)

    assert result.exit_code == 1
    assert "exact 1, right 5 of 6" in result.stdout
    assert "exact 0, right 0 of 6" in result.stdout
    assert "clearly worse than its run of" in result.stdout


def test_a_model_that_does_not_answer_is_one_line_and_nothing_is_kept(config: Path, llama: ScriptedLlama) -> None:
    """A failure is no figure."""
    llama.status = 500

    result = run(config)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "Error: " in result.stderr
    assert not (Path(os.environ["NEARLINE_STATE_DIR"]) / FILE).exists()


def test_a_model_that_is_not_here_is_not_downloaded(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user is told how to get it."""
    monkeypatch.setenv("NEARLINE_MODELS_DIR", str(tmp_path / "models"))

    result = run(config, "qwen2.5-coder-1.5b")

    assert result.exit_code == 1
    assert "nearline model pull" in result.stderr


async def test_a_file_is_taken_by_its_path_and_an_id_by_its_name() -> None:
    """Relative to where the command runs, since the engine runs elsewhere."""
    by_path, by_id = router_for("some.gguf"), router_for("qwen2.5-coder-1.5b")

    assert by_path.config.engine.model == str(Path.cwd() / "some.gguf")
    assert by_id.config.engine.model == "qwen2.5-coder-1.5b"
    assert by_id.ledger is None
    await by_path.aclose()
    await by_id.aclose()
