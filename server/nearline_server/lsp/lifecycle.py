"""From initialize to exit: settings, the connection to a model, and leaving nothing behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lsprotocol import types

from nearline_server.lsp.model_download import offer_model
from nearline_server.lsp.server import NearlineServer

SECTION = "nearline"


def register(server: NearlineServer) -> None:
    """Add the life cycle and the settings."""
    initial: dict[str, Any] = {}

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        initial.update(plain(params.initialization_options))

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        server.use_settings(initial)
        server.send_status()
        await connect(server)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        sent = plain(params.settings)
        if not sent and _can_pull(server):
            item = types.ConfigurationItem(section=SECTION)
            answer = await server.workspace_configuration_async(types.ConfigurationParams([item]))
            sent = {SECTION: plain(answer[0] if answer else None)}
        server.use_settings(initial, plain(sent.get(SECTION)))

    @server.feature(types.SHUTDOWN)
    async def shutdown(_: None) -> None:
        await server.completer.aclose()
        await server.router.aclose()

    @server.command("nearline.status")
    def status() -> dict[str, Any]:
        local = server.router.local.status
        return {
            "state": local.state,
            "message": local.message,
            "model": local.model,
            "last_ms": server.last_answer.total_ms if server.last_answer else None,
            **server.acceptance.counts(),
        }

    @server.command("nearline.lastAnswer")
    def last_answer() -> dict[str, Any]:
        return server.last_answer.record() if server.last_answer else {}

    @server.command("nearline.pullModel")
    async def pull_model() -> None:
        await offer_model(server, ask=False)


async def connect(server: NearlineServer) -> None:
    """Connect to a model; where the only thing missing is the model itself, offer to fetch it."""
    status = await server.router.ready()
    if status.state == "no-model":
        await offer_model(server, ask=True)


def plain(value: Any) -> dict[str, Any]:
    """What a client sent as settings, as a dictionary; anything else is as if it had sent nothing."""
    if isinstance(value, Mapping):
        return dict(value)
    return value._asdict() if hasattr(value, "_asdict") else {}


def _can_pull(server: NearlineServer) -> bool:
    workspace = server.client_capabilities.workspace
    return bool(workspace and workspace.configuration)
