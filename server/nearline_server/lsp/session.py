"""What of one editor needs a model: router, typing path and settings. Loaded after `initialize` is answered."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types

from nearline_router.config.layers import WORKSPACE_FILES, Loaded
from nearline_router.config.watch import FileWatch
from nearline_router.engine.state import runtime_dir
from nearline_router.learned import LearnedStore, state_dir
from nearline_router.live import LiveState
from nearline_router.local import LocalStatus
from nearline_router.router import Router
from nearline_server.completion.completer import Answer, Completer
from nearline_server.completion.context.neighbours import Neighbours
from nearline_server.completion.place import Place
from nearline_server.completion.stage_ledger import StageLedger
from nearline_server.completion.stages import Times
from nearline_server.lsp.configuration import Files, diagnostics
from nearline_server.lsp.server import NearlineServer, to_position
from nearline_server.settings import read_settings

# A status line needs no more; a message for each answer would cost the editor a redraw each.
STATUS_EVERY_S = 1.0

Layers = tuple[Mapping[str, Any] | None, ...]

log = logging.getLogger("nearline")


class Session:
    """One editor's router and typing path. Made in a thread, since it reads files.

    A configuration that is wrong is said, and the last good one is used, or the defaults.
    """

    def __init__(self, server: NearlineServer, files: Files) -> None:
        self._server = server
        self._files = files
        self._watch = FileWatch(files.watched, self._files_changed)
        self._watching: asyncio.Task[None] | None = None
        self._loaded = files.load()
        self._layers: Layers = ()
        self._shown: set[str] = set()
        self.router = Router(self._loaded.config, self._status_changed)
        self.router.on_notice = partial(server.say, types.MessageType.Warning)
        server.acceptance.ledger = lambda: self.router.ledger
        self._live = LiveState(runtime_dir(), self._snapshot)
        self.settings, _ = read_settings()
        neighbours = Neighbours(
            self.router, server.documents, lambda: self.completer.folders, lambda: self.completer.settings
        )
        self.completer = Completer(self.router, self.settings.completion, self._late, neighbours)
        self.completer.folders = files.folders
        self._habit = LearnedStore(state_dir() / "reveal.json")
        self.completer.reveal.habit.restore(self._habit.load())
        server.acceptance.on_taken = self.completer.reveal.taken
        self.last_answer: Answer | None = None
        self._stages = StageLedger()
        self._status_sent_s = 0.0
        self._blocked = ""
        self._ignoring: asyncio.Task[None] | None = None

    async def start(self, *layers: Mapping[str, Any] | None) -> None:
        """Use these settings, show what is wrong, and connect to everything, what completes first."""
        self._live.start()
        self._watching = asyncio.create_task(self._watch.run())
        self._ignoring = asyncio.create_task(self._read_ignore_files())
        await self._show_problems(self._loaded)
        if self._loaded.broken:
            self._server.say(types.MessageType.Warning, _complaint(self._loaded))
        self.use_settings(*layers)
        self.send_status()

    def use_settings(self, *layers: Mapping[str, Any] | None) -> None:
        """Take settings over those of the configuration file; what is wrong is said and left at its default."""
        self._layers = layers
        self.settings, complaints = read_settings({"completion": self.router.config.completion}, *layers)
        self.completer.settings = self.settings.completion
        for complaint in complaints:
            self._server.say(types.MessageType.Warning, complaint)

    async def reload(self) -> None:
        """Read the files again and go by them; if one is wrong, go on with the last good ones and say so."""
        loaded = await asyncio.to_thread(self._files.load)
        await self._show_problems(loaded)
        if loaded.broken:
            self._server.say(types.MessageType.Warning, _complaint(loaded))
            return
        self._loaded = loaded
        await self.router.reload(loaded.config)
        # Whether anybody may answer now is another question.
        self._blocked = ""
        self.use_settings(*self._layers)
        log.info("configuration reloaded")
        self.send_status()

    def status(self) -> dict[str, Any]:
        """How things are, for the status line and `nearline.status`; `last_ms` is the newest answer's time.

        `where`, near or cloud, is that of who answered the last completion, else of who is to; an action's while it
        runs. `heat` is that of the endpoint that completes.
        """
        status, completing, last = self.router.status, self.router.completing, self.router.last
        counts = last and last.asked and (last.task == "complete" or last.total_ms is None)
        asked = self.router.upstreams.get(last.asked[-1]) if last and counts else None
        answering = asked or completing
        return {
            "state": status.state,
            "message": status.message,
            "endpoint": completing.id if completing else None,
            "model": status.model,
            "last_ms": self.last_answer.total_ms if self.last_answer else None,
            "where": None if answering is None else "near" if answering.profile.local else "cloud",
            "heat": completing.heat.level.name.lower() if completing else "cool",
            "offline": self.router.config.offline,
            "blocked": self._blocked,
        }

    def _snapshot(self) -> dict[str, Any]:
        return self.router.snapshot() | {"last_answer": self._stages.last(), "answers": self._stages.summary()}

    def endpoints(self) -> list[dict[str, Any]]:
        """Who can be pinned, in the configuration's order."""
        return [
            {"id": one.id, "model": one.profile.model, "local": one.profile.local, "trouble": one.standing.trouble}
            for one in self.router.upstreams.values()
        ]

    def answered(self, answer: Answer) -> None:
        """Keep the newest answer, and its time in the client's status line."""
        self.last_answer = answer
        if not (answer.blocked or answer.found in ("model", "join")):
            return
        before, self._blocked = self._blocked, answer.reason if answer.blocked else ""
        if self._blocked != before or time.monotonic() - self._status_sent_s >= STATUS_EVERY_S:
            self.send_status()

    def sent(self, answer: Answer, times: Times, *, in_time: bool) -> None:
        """An answer has gone out, just now: take down where its time went."""
        times.sent_s = time.perf_counter()
        self._stages.add(answer, times, in_time=in_time)

    def send_status(self) -> None:
        """Tell the client how things are (`nearline/status`)."""
        self._status_sent_s = time.monotonic()
        self._server.protocol.notify("nearline/status", self.status())

    async def aclose(self) -> None:
        """End what runs and close connections."""
        for task in (self._watching, self._ignoring):
            if task:
                task.cancel()
        await self._live.aclose()
        await self.completer.aclose()
        await self.router.aclose()
        await asyncio.to_thread(self._habit.save, self.completer.reveal.habit.state())

    async def files_changed(self, uris: Iterable[str]) -> None:
        """A client that watches files saw these change."""
        names = {uri.rpartition("/")[2] for uri in uris}
        if names & set(WORKSPACE_FILES):
            await self.reload()
        if names - set(WORKSPACE_FILES):
            await self._read_ignore_files()

    async def _files_changed(self, _: object) -> None:
        await self.reload()

    async def folders_changed(self, folders: tuple[Path, ...]) -> None:
        """The user opened or closed folders in this window."""
        self._files = Files(self._files.user, folders)
        self.completer.folders = folders
        if self._watching:
            self._watching.cancel()
        self._watch = await asyncio.to_thread(FileWatch, self._files.watched, self._files_changed)
        self._watching = asyncio.create_task(self._watch.run())
        await self._read_ignore_files()
        await self.reload()

    async def _read_ignore_files(self) -> None:
        for folder in self._files.folders:
            await self.router.open_workspace(str(folder))

    async def _show_problems(self, loaded: Loaded) -> None:
        """Diagnostics on the lines of the configuration files; those that are mended are taken back."""
        found = await asyncio.to_thread(diagnostics, loaded.problems, self._server.encoding)
        for uri in self._shown | found.keys():
            params = types.PublishDiagnosticsParams(uri, found.get(uri, []))
            self._server.text_document_publish_diagnostics(params)
        self._shown = set(found)

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


def _complaint(loaded: Loaded) -> str:
    errors = [str(problem) for problem in loaded.problems if problem.severity == "error"]
    return "\n".join(["Nearline goes on without what is wrong in its configuration.", *errors])
