"""A llama.cpp server that plays a script, as the model of a check."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.own_loop import serving
from tests.scripted_llama import ScriptedLlama


@pytest.fixture
def llama() -> Iterator[ScriptedLlama]:
    """The server, in a loop of its own: the command brings its."""
    with serving(ScriptedLlama()) as llama:
        yield llama


@pytest.fixture
def config(tmp_path: Path, llama: ScriptedLlama) -> Path:
    """A configuration with that server and no other."""
    path = tmp_path / "nearline.yaml"
    path.write_text(f"endpoints: {{local: {{host: '{llama.url}'}}}}\nengine: {{enabled: false, discover: false}}\n")
    return path
