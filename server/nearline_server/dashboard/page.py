"""The pages as HTML; everything that comes from outside is escaped."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, PackageLoader

from nearline_server.dashboard import figures
from nearline_server.dashboard.drawings import HEIGHT, WIDTH, bars, line, means
from nearline_server.dashboard.today import MOST_STAGED
from nearline_server.dashboard.view import tiles, windows
from nearline_server.dashboard.watch import Now


@lru_cache(1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("nearline_server.dashboard"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {name: getattr(figures, name) for name in ("usd", "ms", "fine_ms", "us", "clock")}
    environment.globals |= {
        "width": WIDTH,
        "height": HEIGHT,
        "percentile": figures.percentile,
        "line": line,
        "means": means,
        "most_staged": MOST_STAGED,
    }
    return environment


def whole(now: Now) -> str:
    """The page with everything in it, as it is without a script too."""
    return _environment().get_template("page.html").render(live=_values(now))


def fragment(now: Now) -> str:
    """What of the page changes as time goes on."""
    return _environment().get_template("live.html").render(live=_values(now))


def entered(folder: str) -> str:
    """What the first visitor sees, for a moment."""
    return _environment().get_template("entered.html").render(folder=folder)


def refused() -> str:
    """What everybody without the cookie sees."""
    return _environment().get_template("refused.html").render()


def _values(now: Now) -> dict[str, object]:
    return {
        "at_us": now.at_us,
        "tiles": tiles(now),
        "windows": windows(now),
        "today": now.today,
        "bars": bars(now.today.attempts),
    }
