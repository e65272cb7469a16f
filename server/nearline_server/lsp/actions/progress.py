"""What a client is shown while an action runs: a bar with a cancel button, and the answer as it comes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from nearline_server.lsp.server import NearlineServer

PROGRESS = "nearline/action/progress"
VERSION = 1


class ActionProgress:
    """One action's `$/progress`, where the client can show one, and its `nearline/action/progress`.

    `run_id` names it in each notification. `on_cancel` is called when the user presses the button.
    """

    def __init__(
        self, server: NearlineServer, action: str, title: str, run_id: str, on_cancel: Callable[[], object]
    ) -> None:
        self._server = server
        self._told = {"version": VERSION, "id": run_id, "action": action, "output": ""}
        self._title = title
        self._on_cancel = on_cancel
        self._token = str(uuid.uuid4())
        self._ended = False
        self._begun = False
        window = server.client_capabilities.window
        # Beside the work: the model is not kept waiting for a bar.
        self._beginning = asyncio.create_task(self._begin()) if window and window.work_done_progress else None
        self._tell()

    def makes(self, output: str) -> None:
        """What the answer will be (text, edit or new-file), so that a client can show text as it comes."""
        self._told["output"] = output

    def text(self, piece: str) -> None:
        """A piece of the answer."""
        self._tell(text=piece)

    def end(self, *, endpoint: str = "", model: str = "", note: str = "") -> None:
        """It is over, one way or the other; `note` is what the user should know of it."""
        if self._ended:
            return
        self._ended = True
        self._tell(done=True, endpoint=endpoint, model=model, note=note)
        if self._begun:
            self._end_bar()

    def _tell(self, *, text: str = "", done: bool = False, endpoint: str = "", model: str = "", note: str = "") -> None:
        said = {"text": text, "done": done, "endpoint": endpoint, "model": model, "note": note}
        self._server.protocol.notify(PROGRESS, {**self._told, **said})

    async def _begin(self) -> None:
        bar = self._server.work_done_progress
        try:
            await bar.create_async(self._token)
        except JsonRpcException:  # the client changed its mind; the work goes on without a bar
            return
        bar.tokens[self._token].add_done_callback(lambda future: self._on_cancel() if future.cancelled() else None)
        bar.begin(self._token, types.WorkDoneProgressBegin(f"Nearline: {self._title}", cancellable=True))
        self._begun = True
        if self._ended:
            self._end_bar()

    def _end_bar(self) -> None:
        self._server.work_done_progress.end(self._token, types.WorkDoneProgressEnd())
        self._server.work_done_progress.tokens.pop(self._token, None)
