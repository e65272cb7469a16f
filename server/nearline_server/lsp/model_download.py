"""The first use without a model: say what would be fetched, ask, show progress, go on; typing never waits."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable

from lsprotocol import types
from pygls.progress import Progress

from nearline_router.engine.catalogue import Model
from nearline_router.engine.store import ModelStore, ProgressEvent, describe_download
from nearline_router.errors import ModelStoreError
from nearline_router.router import Router
from nearline_server.lsp.server import NearlineServer

DOWNLOAD, LATER = "Download", "Not now"


async def offer_model(server: NearlineServer, router: Router, *, ask: bool) -> None:
    """Fetch the configured model if the user agrees, then connect. Nothing is fetched without a yes."""
    model = router.model
    if model is None:
        server.say(types.MessageType.Error, router.status.message)
        return
    if ask and not await _agreed(server, model):
        return
    try:
        await _pull(server, model)
    except ModelStoreError as error:
        server.say(types.MessageType.Error, str(error))
        return
    await router.ready()


async def _agreed(server: NearlineServer, model: Model) -> bool:
    text = f"Nearline has no model yet. {describe_download(model)}"
    actions = [types.MessageActionItem(DOWNLOAD), types.MessageActionItem(LATER)]
    params = types.ShowMessageRequestParams(types.MessageType.Info, text, actions)
    chosen = await server.window_show_message_request_async(params)
    return chosen is not None and chosen.title == DOWNLOAD


async def _pull(server: NearlineServer, model: Model) -> None:
    cancelled = threading.Event()
    bar = await ProgressBar.open(server, f"Nearline: fetching {model.title}", cancelled.set)
    loop = asyncio.get_running_loop()

    def report(event: ProgressEvent) -> None:
        loop.call_soon_threadsafe(bar.show, event)

    try:
        await asyncio.to_thread(ModelStore().pull, model, report, cancelled)
    finally:
        bar.close()


class ProgressBar:
    """`$/progress` with a cancel button, or nothing where the client shows none."""

    def __init__(self, progress: Progress, token: str | None) -> None:
        self._progress = progress
        self._token = token

    @classmethod
    async def open(cls, server: NearlineServer, title: str, on_cancel: Callable[[], None]) -> ProgressBar:
        """Begin to show; `on_cancel` is called when the user presses the button."""
        window = server.client_capabilities.window
        if not (window and window.work_done_progress):
            return cls(server.work_done_progress, None)
        progress, token = server.work_done_progress, str(uuid.uuid4())
        await progress.create_async(token)
        progress.tokens[token].add_done_callback(lambda future: on_cancel() if future.cancelled() else None)
        progress.begin(token, types.WorkDoneProgressBegin(title, cancellable=True, percentage=0))
        return cls(progress, token)

    def show(self, event: ProgressEvent) -> None:
        """How far it is."""
        if self._token:
            percent = min(100, event.done_bytes * 100 // max(1, event.total_bytes))
            text = event.note or f"{event.done_bytes / 1e6:.0f} of {event.total_bytes / 1e6:.0f} MB"
            self._progress.report(self._token, types.WorkDoneProgressReport(message=text, percentage=percent))

    def close(self) -> None:
        """It has ended, one way or the other."""
        if self._token:
            self._progress.end(self._token, types.WorkDoneProgressEnd())
