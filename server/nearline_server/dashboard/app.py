"""The pages of the dashboard."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from nearline_router.accounts.period import Period
from nearline_router.config import RouterConfig
from nearline_router.errors import RouterError
from nearline_router.learned import state_dir
from nearline_server.dashboard.access import Access
from nearline_server.dashboard.page import fragment, whole
from nearline_server.dashboard.watch import Watch
from nearline_server.report.html import render_html
from nearline_server.report.make import make_report

STATIC = {"dashboard.css": "text/css", "dashboard.js": "text/javascript", "icon.svg": "image/svg+xml"}
# A report has its style in itself, and its own policy names that style by its hash. Both policies hold.
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Pages:
    """What the dashboard answers. `config` is what reports reckon by."""

    def __init__(self, watch: Watch, config: RouterConfig) -> None:
        self._watch, self._config = watch, config

    async def page(self, _: Request) -> Response:
        """Everything as it is now."""
        return HTMLResponse(whole(await self._watch.now()))

    async def live(self, _: Request) -> Response:
        """What changes of it."""
        return HTMLResponse(fragment(await self._watch.now()))

    async def report(self, request: Request) -> Response:
        """The report of this month or of another: `?month=2026-11` or `?month=last`."""
        now = datetime.now(UTC)
        try:
            period = _period(request.query_params.get("month", ""), now)
        except ValueError:
            return PlainTextResponse("A month is written as in 2026-11.", 400)
        try:
            text = await asyncio.to_thread(self._report, period, now)
        except (sqlite3.Error, OSError, RouterError) as error:
            return PlainTextResponse(f"The ledger cannot be read: {error}", 503)
        return HTMLResponse(text, headers={"content-security-policy": REPORT_POLICY})

    async def static(self, request: Request) -> Response:
        """A file of the package."""
        name = request.url.path.rpartition("/")[2]
        content = await asyncio.to_thread(files("nearline_server.dashboard").joinpath("static", name).read_bytes)
        return Response(content, media_type=STATIC[name])

    def _report(self, period: Period, now: datetime) -> str:
        return render_html(make_report(state_dir(), self._config, period, now, "endpoint"))


def dashboard(watch: Watch, config: RouterConfig, port: int) -> tuple[Access, str]:
    """The app for a port of 127.0.0.1, and the path with the key by which the first visitor comes in."""
    pages = Pages(watch, config)
    folder = f"/{secrets.token_urlsafe(12)}/"
    routes = [
        Route("/", pages.page),
        Route("/live", pages.live),
        Route("/report", pages.report),
        *(Route(f"/{name}", pages.static) for name in STATIC),
    ]
    access = Access(Starlette(routes=[Mount(folder.rstrip("/"), routes=routes)]), folder, port)
    return access, f"{folder}?key={access.key}"


def _period(month: str, now: datetime) -> Period:
    """Raises ValueError for what is no month."""
    if month == "last":
        month = f"{now.replace(day=1) - timedelta(days=1):%Y-%m}"
    return Period.month(month or f"{now:%Y-%m}")
