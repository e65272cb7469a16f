"""Which model the bench's engine has."""

from __future__ import annotations

from pathlib import Path

import pytest

from nearline_router.config import load_config
from nearline_router.errors import ModelStoreError
from tests.bench.engine import CONFIG, require_installed


def test_a_model_that_is_not_installed_is_named_with_what_fetches_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is in no catalogue is told apart."""
    monkeypatch.setenv("NEARLINE_MODELS_DIR", str(tmp_path))

    with pytest.raises(ModelStoreError, match=r"`nearline model pull qwen2\.5-coder-1\.5b`"):
        require_installed("qwen2.5-coder-1.5b")
    with pytest.raises(ModelStoreError, match="no model is called"):
        require_installed("qwen")


def test_the_engine_is_configured_with_the_model(tmp_path: Path) -> None:
    """And looks for nobody else's server."""
    file = tmp_path / "engine.yaml"
    file.write_text(CONFIG.format(model="qwen2.5-coder-1.5b"))
    engine = load_config(file).engine

    assert (engine.model, engine.discover) == ("qwen2.5-coder-1.5b", False)
