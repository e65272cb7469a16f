"""The report as one HTML file that needs nothing else: no script, no font, no picture, no network."""

from __future__ import annotations

from nearline_server.report import plots
from nearline_server.report.contents import Report, certainty, certainty_sentence, figures
from nearline_server.report.numbers import usd
from nearline_server.report.tables import tables
from nearline_server.report.template import rendered


def render_html(report: Report) -> str:
    """The page. Everything in it is escaped, and its policy lets nothing run or load."""
    drawn = [] if report.empty else [plots.spending(report), plots.local_share(report), plots.latency(report)]
    return rendered(
        "nearline_server.report",
        "report.html",
        report=report,
        figures=list(figures(report)),
        certainty=[(name, usd(nano)) for name, nano in certainty(report) if nano],
        certainty_sentence=certainty_sentence(report),
        plots=drawn,
        ways=None if report.empty else plots.ways(report),
        tables=[] if report.empty else list(tables(report)),
    )
