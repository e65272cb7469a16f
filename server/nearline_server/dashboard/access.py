"""Who may see the dashboard: the browser that first comes with the key, and nobody else on this machine."""

from __future__ import annotations

import hmac
import secrets

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nearline_server.dashboard.page import entered, refused

COOKIE = "nearline"
# Only what the package has is loaded, nothing is sent elsewhere, and no other page may frame or open this one.
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Access:
    """An ASGI app in front of another, for one port of this machine.

    The key is exchanged once for a cookie and void from then on. The cookie is good for one folder, which nobody can
    guess, as browsers show it to every port of a host. A name other than loopback's is refused: a page elsewhere could
    have made its own name mean this machine (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, folder: str, port: int) -> None:
        self.key: str = secrets.token_urlsafe(32)
        self._app = app
        self._folder = folder
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._used = False
        self._session = secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI; anything but HTTP is closed without a word."""
        if scope["type"] != "http":
            return
        answer = self._answer(scope) or self._app
        await answer(scope, receive, _with_headers(send))

    def _answer(self, scope: Scope) -> Response | None:
        """What to say instead of the app's answer; None: it may answer."""
        request = Request(scope)
        if request.headers.get("host") not in self._hosts:
            return PlainTextResponse("This address is not the dashboard's.", 421)
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("There is nothing here to change.", 405, {"allow": "GET, HEAD"})
        key = request.query_params.get("key")
        if key is not None and request.method == "GET" and self._is_key(key):
            return self._let_in()
        return None if self._known(request) else HTMLResponse(refused(), 403)

    def _is_key(self, key: str) -> bool:
        return not self._used and hmac.compare_digest(key.encode(), self.key.encode())

    def _let_in(self) -> Response:
        self._used = True
        # Not a redirect: one that began on another site, such as a terminal in a browser, would not take the cookie.
        response = HTMLResponse(entered(self._folder))
        response.set_cookie(COOKIE, self._session, path=self._folder, httponly=True, samesite="strict")
        return response

    def _known(self, request: Request) -> bool:
        return hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), self._session.encode())


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent
