"""The language server with one more command, `bench.counts`, for what only the process itself can count."""

from __future__ import annotations

import asyncio
import gc

from nearline_server.cli.main import main
from nearline_server.lsp import commands
from nearline_server.lsp.server import NearlineServer

COUNTS = "bench.counts"
_register = commands.register


def register(server: NearlineServer) -> None:
    """The server's own commands, and this one."""
    _register(server)

    @server.command(COUNTS)
    async def counts() -> dict[str, int]:
        # What is garbage already is no leak.
        gc.collect()
        return {"tasks": len(asyncio.all_tasks())}


if __name__ == "__main__":
    commands.register = register
    main()
