"""A connected router over the shared real engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nearline_router.config import RouterConfig
from nearline_router.router import Router


@pytest.fixture
async def router(engine_dir: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Router]:
    """A router whose local endpoint is the real engine with the real model."""
    monkeypatch.setenv("NEARLINE_RUNTIME_DIR", str(engine_dir))
    router = Router(RouterConfig.model_validate({"engine": {"discover": False}}))
    status = await router.ready()
    assert status.state == "ready", status.message
    yield router

    await router.aclose()
