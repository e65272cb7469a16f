"""The first use without a model: say what would be fetched, ask, show progress, go on; typing never waits."""

from __future__ import annotations

import asyncio
import threading
import uuid

from lsprotocol import types

from nearline_router.engine.catalogue import Model
from nearline_router.engine.store import ModelStore, ProgressEvent, describe_download
from nearline_router.errors import ModelStoreError
from nearline_server.lsp.server import NearlineServer

DOWNLOAD, LATER = "Download", "Not now"


async def offer_model(server: NearlineServer, *, ask: bool) -> None:
    """Fetch the configured model if the user agrees, then connect. Nothing is fetched without a yes."""
    model = server.router.model
    if model is None:
        server.say(types.MessageType.Error, server.router.local.status.message)
        return
    if ask and not await _agreed(server, model):
        return
    try:
        await _pull(server, model)
    except ModelStoreError as error:
        server.say(types.MessageType.Error, str(error))
        return
    await server.router.ready()


async def _agreed(server: NearlineServer, model: Model) -> bool:
    text = f"Nearline has no model yet. {describe_download(model)}"
    actions = [types.MessageActionItem(DOWNLOAD), types.MessageActionItem(LATER)]
    params = types.ShowMessageRequestParams(types.MessageType.Info, text, actions)
    chosen = await server.window_show_message_request_async(params)
    return chosen is not None and chosen.title == DOWNLOAD


async def _pull(server: NearlineServer, model: Model) -> None:
    cancelled = threading.Event()
    loop = asyncio.get_running_loop()
    progress = server.work_done_progress
    token = str(uuid.uuid4())
    shows = _shows_progress(server)
    if shows:
        (await progress.create_async(token)) if token not in progress.tokens else None
        begin = types.WorkDoneProgressBegin(f"Nearline: fetching {model.title}", cancellable=True, percentage=0)
        progress.begin(token, begin)
        progress.tokens[token].add_done_callback(lambda future: cancelled.set() if future.cancelled() else None)

    def report(event: ProgressEvent) -> None:
        if shows:
            percent = min(100, event.done_bytes * 100 // max(1, event.total_bytes))
            text = event.note or f"{event.done_bytes / 1e6:.0f} of {event.total_bytes / 1e6:.0f} MB"
            loop.call_soon_threadsafe(
                progress.report, token, types.WorkDoneProgressReport(message=text, percentage=percent)
            )

    try:
        await asyncio.to_thread(ModelStore().pull, model, report, cancelled)
    finally:
        if shows:
            progress.end(token, types.WorkDoneProgressEnd(message="done"))


def _shows_progress(server: NearlineServer) -> bool:
    window = server.client_capabilities.window
    return bool(window and window.work_done_progress)
