"""What every test stands on: a clean environment, loopback only, and one real engine for those that need it."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from nearline_router.engine.catalogue import DEFAULT_MODEL_ID, find_model
from nearline_router.engine.host import EngineParams
from nearline_router.engine.store import ModelStore
from tests.engines import HostedEngine, ParamsFor, end_all

# A busy machine is slow, and that is no failure.
settings.register_profile("nearline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("nearline")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees the user's engine, configuration or keys."""
    for kind in ("RUNTIME", "STATE", "DATA"):
        monkeypatch.setenv(f"NEARLINE_{kind}_DIR", str(tmp_path_factory.mktemp(kind.lower())))
    monkeypatch.delenv("NEARLINE_CONFIG", raising=False)
    for name in [name for name in os.environ if name.upper().endswith("_API_KEY")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing in this process connects to another machine; who swallows the refusal fails all the same."""
    refused: list[object] = []
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name), refused))
    yield

    assert refused == []


def _guarded(connect: Callable[[socket.socket, Any], Any], refused: list[object]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            refused.append(address)
            raise PermissionError(f"tests connect to loopback only, not to {address}")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host.partition("%")[0]).is_loopback


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder of the models, as the product finds it; fails if the default model is not there."""
    store = ModelStore()
    if not store.installed(find_model(DEFAULT_MODEL_ID)):
        pytest.fail(
            f"these tests use the real {DEFAULT_MODEL_ID}, which is not in {store.root}; "
            "get it with `nearline model pull`",
            pytrace=False,
        )
    return store.root


@pytest.fixture(scope="session")
def engine_params(models_dir: Path) -> ParamsFor:
    """Parameters of an engine with the real model: `engine_params(folder, idle_s=1)`.

    One thread: two wait for each other, and on a machine that is busy with something else wait long.
    """
    model = find_model(DEFAULT_MODEL_ID)

    def params(folder: Path, **changes: Any) -> EngineParams:
        return EngineParams(str(models_dir / model.file_name), str(folder), **{"threads": 1, **changes})

    return params


@pytest.fixture(scope="session")
def engine(engine_params: ParamsFor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostedEngine]:
    """The one real engine that tests share; whoever ends or kills an engine starts their own."""
    engine = HostedEngine(engine_params(tmp_path_factory.mktemp("engine")))
    yield engine

    engine.close()
    end_all(engine.folder)


@pytest.fixture(scope="session")
def engine_dir(engine: HostedEngine) -> Path:
    """The runtime folder of the shared engine; NEARLINE_RUNTIME_DIR set to it makes the product find it."""
    return engine.folder


@pytest.fixture
def own_folder(tmp_path: Path) -> Iterator[Path]:
    """A runtime folder in which a test may start engines: at the end they are ended, and gone."""
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    yield folder

    end_all(folder)
