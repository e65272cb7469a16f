"""Puts the server together and runs it on a transport."""

from __future__ import annotations

import logging
import sys
from typing import BinaryIO, cast

from nearline_server.lsp import commands, inline_completion, lifecycle, sync, workspace
from nearline_server.lsp.actions import menu
from nearline_server.lsp.arrival import StampedInput
from nearline_server.lsp.server import NearlineServer


def build(config_path: str | None) -> NearlineServer:
    """The server with all features."""
    server = NearlineServer(config_path)
    for feature in (lifecycle, workspace, sync, inline_completion, menu, commands):
        feature.register(server)
    return server


def serve_stdio(config_path: str | None) -> None:
    """Speak LSP on standard input and output; whatever else prints goes to standard error."""
    keep_quiet()
    stdout, sys.stdout = sys.stdout, sys.stderr
    server = build(config_path)
    stdin = StampedInput(sys.stdin.buffer)
    server.protocol.began_s = stdin.began_s
    server.start_io(cast(BinaryIO, stdin), stdout.buffer)
    # pygls drops the exit status; the protocol has 1 for an `exit` without `shutdown`.
    sys.exit(not server.protocol._shutdown)  # noqa: SLF001


def serve_tcp(config_path: str | None, port: int) -> None:
    """Speak LSP with one client on a loopback port, for debugging."""
    keep_quiet()
    build(config_path).start_tcp("127.0.0.1", port)


def keep_quiet() -> None:
    """Our own lines on standard error; pygls logs whole messages, which hold the user's code, so not a word of it."""
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("nearline").setLevel(logging.INFO)
    logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)
