"""Asking an ASGI app without a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message


@dataclass(frozen=True)
class Answer:
    """What came back; header names are in small letters, the last one of a name counts."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def cookie(self) -> str:
        """What a browser sends back of the cookie that was set."""
        return self.headers["set-cookie"].partition(";")[0]


async def ask(app: ASGIApp, url: str, method: str = "GET", host: str = "127.0.0.1:4711", cookie: str = "") -> Answer:
    """One request to its end."""
    parts = urlsplit(url)
    headers = [(b"host", host.encode())] + ([(b"cookie", cookie.encode())] if cookie else [])
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": parts.path, "raw_path": parts.path.encode(), "query_string": parts.query.encode(), "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 4711),
    }  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], told, body.decode())
