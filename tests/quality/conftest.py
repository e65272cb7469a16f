"""A connected router over the shared real engine, and a bare client of the same engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nearline_router.config import RouterConfig
from nearline_router.fim import template_for
from nearline_router.router import Router
from tests.engines import HostedEngine
from tests.quality.documented import Documented
from tests.quality.engine import Sides, bare_client


@pytest.fixture
async def router(engine_dir: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Router]:
    """A router whose local endpoint is the real engine with the real model."""
    monkeypatch.setenv("NEARLINE_RUNTIME_DIR", str(engine_dir))
    router = Router(RouterConfig.model_validate({"engine": {"discover": False}}))
    status = await router.ready()
    assert status.state == "ready", status.message
    yield router

    await router.aclose()


@pytest.fixture
async def sides(router: Router, engine: HostedEngine) -> AsyncIterator[Sides]:
    """Ours and the bare model, on the same engine."""
    template = template_for(router.status.model)
    assert template is not None
    async with bare_client(engine.state) as http:
        yield Sides(router.status.model, router, Documented(http, template))
