"""What of one editor needs a model: router, typing path and settings. Loaded after `initialize` is answered."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from lsprotocol import types

from nearline_router.config import RouterConfig
from nearline_router.errors import ConfigError
from nearline_router.local import LocalStatus
from nearline_router.router import Router
from nearline_server.completion.completer import Answer, Completer
from nearline_server.completion.place import Place
from nearline_server.lsp.server import NearlineServer, to_position
from nearline_server.settings import read_settings

# A status line needs no more; a message for each answer would cost the editor a redraw each.
STATUS_EVERY_S = 1.0

log = logging.getLogger("nearline")


class Session:
    """One editor's router and typing path. A wrong configuration file is said and the defaults are used."""

    def __init__(self, server: NearlineServer) -> None:
        self._server = server
        self.complaints: list[str] = []
        self.router = self._open_router()
        self.settings, _ = read_settings()
        self.completer = Completer(self.router, self.settings.completion, self._late)
        self.last_answer: Answer | None = None
        self._status_sent_s = 0.0

    def use_settings(self, *layers: Mapping[str, Any] | None) -> None:
        """Take settings over those of the configuration file; what is wrong is said and left at its default."""
        self.settings, complaints = read_settings({"completion": self.router.config.completion}, *layers)
        self.completer.settings = self.settings.completion
        for complaint in (*self.complaints, *complaints):
            self._server.say(types.MessageType.Warning, complaint)
        self.complaints.clear()

    def status(self) -> dict[str, Any]:
        """How things are, for the status line and `nearline.status`; `last_ms` is the newest answer's time."""
        local = self.router.local
        return {
            "state": local.status.state,
            "message": local.status.message,
            "endpoint": local.id,
            "model": local.status.model,
            "last_ms": self.last_answer.total_ms if self.last_answer else None,
        }

    def answered(self, answer: Answer) -> None:
        """Keep the newest answer, and its time in the client's status line."""
        self.last_answer = answer
        now_s = time.monotonic()
        if answer.found in ("model", "join") and now_s - self._status_sent_s >= STATUS_EVERY_S:
            self.send_status()

    def send_status(self) -> None:
        """Tell the client how things are (`nearline/status`)."""
        self._status_sent_s = time.monotonic()
        self._server.protocol.notify("nearline/status", self.status())

    async def aclose(self) -> None:
        """End what runs and close connections."""
        await self.completer.aclose()
        await self.router.aclose()

    def _open_router(self) -> Router:
        try:
            return Router.from_file(self._server.config_path, self._status_changed)
        except ConfigError as error:
            self.complaints.append(f"Nearline goes on with its defaults. {error}")
            return Router(RouterConfig(), self._status_changed)

    def _status_changed(self, status: LocalStatus) -> None:
        log.info("%s: %s", status.state, status.message)
        self.send_status()

    def _late(self, place: Place) -> None:
        """An answer that was cut at its deadline, or came after it, is known now: the client may ask again."""
        document = self._server.documents.get(place.uri)
        if document and document.version == place.version:
            line = document.buffer.line(place.line)
            position = to_position(line, place.line, place.column, self._server.encoding)
            message = {"uri": place.uri, "version": place.version, "position": position}
            self._server.protocol.notify("nearline/inlineCompletion/refresh", message)
