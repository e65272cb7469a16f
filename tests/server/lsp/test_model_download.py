"""The first use without a model: asked, fetched beside the typing, shown, and never without a yes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from lsprotocol import types

from nearline_router.engine.catalogue import MODELS, Model
from nearline_router.engine.store import ProgressEvent
from nearline_router.errors import ModelStoreError
from nearline_router.local import LocalStatus
from nearline_server.lsp import model_download
from nearline_server.lsp.model_download import offer_model

MODEL = MODELS[0]
Pull = Callable[[Callable[[ProgressEvent], None], threading.Event], None]


class Window:
    """What of a client is needed: somebody who answers, a progress bar, and a place for messages."""

    def __init__(self, answer: str | None, *, progress: bool = True) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.said: list[tuple[types.MessageType, str]] = []
        self.bar: list[Any] = []
        self.tokens: dict[str, Future[None]] = {}
        self.client_capabilities = types.ClientCapabilities(
            window=types.WindowClientCapabilities(work_done_progress=progress)
        )
        self.work_done_progress = self

    async def window_show_message_request_async(
        self, params: types.ShowMessageRequestParams
    ) -> types.MessageActionItem | None:
        self.asked.append(params.message)
        return types.MessageActionItem(self.answer) if self.answer else None

    def say(self, kind: types.MessageType, text: str) -> None:
        self.said.append((kind, text))

    async def create_async(self, token: str) -> None:
        self.tokens[token] = Future()

    def begin(self, _: str, value: types.WorkDoneProgressBegin) -> None:
        self.bar.append(value)

    report = end = begin


class Endpoint:
    """A router that lacks its model, and counts how often it was told to connect."""

    def __init__(self, model: Model | None = MODEL) -> None:
        self.model = model
        self.local = self
        self.status = LocalStatus("no-model", "the model is not on this machine yet: mine.gguf")
        self.connected = 0

    async def ready(self) -> LocalStatus:
        self.connected += 1
        return self.status


@pytest.fixture
def pulls(monkeypatch: pytest.MonkeyPatch) -> list[Pull]:
    """What the store does when it is told to pull, in order; empty: it must not be told."""
    planned: list[Pull] = []

    class Store:
        def pull(self, model: Model, report: Callable[[ProgressEvent], None], cancelled: threading.Event) -> None:
            assert model is MODEL
            planned.pop(0)(report, cancelled)

    monkeypatch.setattr(model_download, "ModelStore", Store)
    return planned


async def offer(window: Window, router: Endpoint, *, ask: bool = True) -> None:
    await offer_model(window, router, ask=ask)  # type: ignore[arg-type]


def fetched(report: Callable[[ProgressEvent], None], _: threading.Event) -> None:
    report(ProgressEvent("download", 100_000_000, 400_000_000, "hub"))
    report(ProgressEvent("download", 400_000_000, 400_000_000, "hub", "a note"))


@pytest.mark.parametrize("answer", ["Not now", None])
@pytest.mark.usefixtures("pulls")
async def test_without_a_yes_nothing_is_fetched(answer: str | None) -> None:
    """Who says no, or closes the question, is left alone."""
    window, router = Window(answer), Endpoint()
    await offer(window, router)

    assert (len(window.asked), window.bar, window.said, router.connected) == (1, [], [], 0)


async def test_after_a_yes_it_is_fetched_and_connected(pulls: list[Pull]) -> None:
    """The bar begins, moves and ends; then the engine is started."""
    window, router = Window("Download"), Endpoint()
    pulls.append(fetched)
    await offer(window, router)
    begun, *moved, ended = window.bar

    assert (begun.title, begun.cancellable) == (f"Nearline: fetching {MODEL.title}", True)
    assert [(step.percentage, step.message) for step in moved] == [(25, "100 of 400 MB"), (100, "a note")]
    assert isinstance(ended, types.WorkDoneProgressEnd)
    assert (router.connected, window.said) == (1, [])


async def test_a_client_without_progress_gets_none(pulls: list[Pull]) -> None:
    """The model is fetched all the same."""
    window, router = Window("Download", progress=False), Endpoint()
    pulls.append(fetched)
    await offer(window, router)

    assert (window.bar, router.connected) == ([], 1)


async def test_who_runs_the_command_has_said_yes(pulls: list[Pull]) -> None:
    """`nearline.pullModel` does not ask again."""
    window, router = Window(None), Endpoint()
    pulls.append(fetched)
    await offer(window, router, ask=False)

    assert (window.asked, router.connected) == ([], 1)


async def test_the_bars_button_ends_the_download(pulls: list[Pull]) -> None:
    """The store is told, and what it says about it is shown."""
    window, router = Window("Download"), Endpoint()

    def stopped(_: Callable[[ProgressEvent], None], cancelled: threading.Event) -> None:
        (token,) = window.tokens.values()
        token.cancel()
        assert cancelled.is_set()
        raise ModelStoreError("stopped; what has arrived is kept")

    pulls.append(stopped)
    await offer(window, router)

    assert window.said == [(types.MessageType.Error, "stopped; what has arrived is kept")]
    assert (isinstance(window.bar[-1], types.WorkDoneProgressEnd), router.connected) == (True, 0)


@pytest.mark.usefixtures("pulls")
async def test_a_file_of_the_users_own_is_not_fetched() -> None:
    """What is not in the catalogue cannot be had; the message says which file is missing."""
    window, router = Window("Download"), Endpoint(model=None)
    await offer(window, router)

    assert (window.asked, window.said) == ([], [(types.MessageType.Error, router.status.message)])
