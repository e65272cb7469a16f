"""What a client can ask for by `workspace/executeCommand`, beside accepting an item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nearline_server.lsp.server import NearlineServer

if TYPE_CHECKING:
    from nearline_server.lsp.session import Session


def register(server: NearlineServer) -> None:
    """Add the commands."""

    @server.command("nearline.status")
    def status() -> dict[str, Any]:
        if server.session is None:
            return server.acceptance.counts() | {"state": "starting"}
        return server.acceptance.counts() | server.session.status() | {"endpoints": server.session.endpoints()}

    @server.command("nearline.lastAnswer")
    def last_answer() -> dict[str, Any]:
        answer = server.session.last_answer if server.session else None
        return answer.record() if answer else {}

    @server.command("nearline.whyHere")
    def why_here() -> dict[str, Any]:
        """`text` is Markdown for the user, the rest the same as values."""
        from nearline_server.why import explained

        last = server.session.router.last if server.session else None
        return {"text": explained(last), **(last.record() if last else {})}

    @server.command("nearline.pullModel")
    async def pull_model() -> None:
        if server.session:
            await download_model(server, server.session, ask=False)


async def download_model(server: NearlineServer, session: Session, *, ask: bool) -> None:
    """Fetch the model, after asking for it if `ask`."""
    from nearline_server.lsp.model_download import offer_model

    await offer_model(server, session.router, ask=ask)
