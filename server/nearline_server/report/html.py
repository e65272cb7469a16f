"""The report as one HTML file that needs nothing else: no script, no font, no picture, no network."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from nearline_server.report import plots
from nearline_server.report.contents import Report, certainty, certainty_sentence, figures
from nearline_server.report.numbers import usd
from nearline_server.report.tables import tables


def render_html(report: Report) -> str:
    """The page. Everything in it is escaped, and its policy lets nothing run or load."""
    style = _style()
    drawn = [] if report.empty else [plots.spending(report), plots.local_share(report), plots.latency(report)]
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            style=style,
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            figures=list(figures(report)),
            certainty=[(name, usd(nano)) for name, nano in certainty(report) if nano],
            certainty_sentence=certainty_sentence(report),
            plots=drawn,
            ways=None if report.empty else plots.ways(report),
            tables=[] if report.empty else list(tables(report)),
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("nearline_server.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    """A string, and not part of the template: the policy names it by its hash."""
    return (files("nearline_server.report") / "templates" / "report.css").read_text(encoding="utf-8")
