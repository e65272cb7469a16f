"""From initialize to exit: settings, the connection to a model, and leaving nothing behind."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from nearline_server.lsp.commands import download_model
from nearline_server.lsp.server import NearlineServer
from nearline_server.lsp.workspace import watch_files

if TYPE_CHECKING:  # imported when `initialize` has been answered
    from nearline_server.lsp.session import Session

SECTION = "nearline"


def register(server: NearlineServer) -> None:
    """Add the life cycle and the settings."""
    initial: dict[str, Any] = {}
    changed: dict[str, Any] = {}
    client = "lsp"

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        nonlocal client
        initial.update(plain(params.initialization_options))
        client = params.client_info.name if params.client_info else client

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        session = server.session = await asyncio.to_thread(_load_session, server)
        session.router.client = client
        session.completer.reveal.client_asks_again = _asks_again(server)
        await session.start(initial, changed)
        watch_files(server)
        await connect(server, session)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        sent = plain(params.settings)
        if not sent and _can_pull(server):
            item = types.ConfigurationItem(section=SECTION)
            answer = await server.workspace_configuration_async(types.ConfigurationParams([item]))
            sent = {SECTION: plain(answer[0] if answer else None)}
        changed.clear()
        changed.update(plain(sent.get(SECTION)))
        if server.session:
            server.session.use_settings(initial, changed)

    @server.feature(types.SHUTDOWN)
    async def shutdown(_: None) -> None:
        if server.session:
            await server.session.aclose()


def _load_session(server: NearlineServer) -> Session:
    from nearline_server.lsp.configuration import Files
    from nearline_server.lsp.session import Session

    user = Path(server.config_path) if server.config_path else None
    session = Session(server, Files(user, server.folders))
    # What was loaded stays: looking through its 100,000 objects for garbage stopped typing for 60 ms now and then.
    gc.freeze()
    return session


async def connect(server: NearlineServer, session: Session) -> None:
    """Connect to a model; where the only thing missing is the model itself, offer to fetch it."""
    status = await session.router.ready()
    await session.router.warm()
    if status.state == "no-model":
        await download_model(server, session, ask=True)


def plain(value: Any) -> dict[str, Any]:
    """What a client sent as settings, as a dictionary; anything else is as if it had sent nothing."""
    if isinstance(value, Mapping):
        return dict(value)
    return value._asdict() if hasattr(value, "_asdict") else {}


def _asks_again(server: NearlineServer) -> bool:
    """Whether the client says that it asks again when `nearline/inlineCompletion/refresh` tells it to."""
    experimental = plain(server.client_capabilities.experimental)
    return plain(experimental.get("nearline")).get("refresh") is True


def _can_pull(server: NearlineServer) -> bool:
    workspace = server.client_capabilities.workspace
    return bool(workspace and workspace.configuration)
