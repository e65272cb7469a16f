"""The event loop never stands still: typing in a file of 5,000 lines."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import scripted_llama

from .editor import clean_env
from .long_file import TYPED

LONGEST_TURN_MS = 20.0
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """A configuration whose model is served by another process, knows what is typed, and reads ahead at once."""
    command = [sys.executable, scripted_llama.__file__, *TYPED[4:].split(" ")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        path = tmp_path / "nearline.yaml"
        path.write_text(
            f"endpoints: {{local: {{host: '{url}'}}}}\n"
            "engine: {enabled: false, discover: false}\n"
            "completion: {budget_ms: 20000, idle_ms: 1}\n"
        )
        yield path


def test_typing_in_a_long_file_holds_up_nothing(
    config: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """No turn of the loop takes 20 ms, neither opening the file nor typing, nor reading ahead."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.server.lsp.long_file", str(config)],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
        env=clean_env(tmp_path),
        timeout=120,
    )
    figures = json.loads(run.stdout)
    record_property("turns of the event loop", figures)
    print("turns of the event loop:", figures)

    assert figures["shown"] > len(TYPED)
    assert figures["longest_ms"] < LONGEST_TURN_MS
