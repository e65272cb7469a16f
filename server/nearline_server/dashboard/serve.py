"""The dashboard on a port of this machine, until somebody ends it."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from nearline_router.config import RouterConfig
from nearline_server.dashboard.app import dashboard
from nearline_server.dashboard.watch import Watch

# What is on its way to a browser when it ends has so long.
GRACE_S = 1


class Server(uvicorn.Server):
    """A server that ends without a word: a connection that is cut then is no error."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        super().handle_exit(sig, frame)


def serve(watch: Watch, config: RouterConfig, port: int, on_url: Callable[[str], None]) -> None:
    """Serve on 127.0.0.1; port 0 is any that is free. Calls `on_url` when the address answers.

    Returns after Ctrl-C or SIGTERM. Raises OSError where the port is taken.
    """
    with socket.create_server(("127.0.0.1", port)) as listener:
        port = listener.getsockname()[1]
        app, path = dashboard(watch, config, port)
        on_url(f"http://127.0.0.1:{port}{path}")
        settings = uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            # A line for each request would have the key in it.
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        try:
            Server(settings).run(sockets=[listener])
        except KeyboardInterrupt:  # uvicorn passes it on when everything is closed
            return
