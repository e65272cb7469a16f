"""The tables and the page of a replay."""

from __future__ import annotations

import re

from nearline_server.replay.page import render_page
from nearline_server.replay.tables import tables
from nearline_server.report.tables import Table

from .results import summed

OURS, PEER = summed("ours", *[30] * 6), summed("peer <b>", *[10] * 6)


def test_each_strategy_has_a_row_with_its_difference() -> None:
    """The first has none to itself; a peer that saves less has a minus before it, and the interval behind."""
    gains, costs = tables([OURS, PEER], [OURS])
    rows = [dict(zip(gains.columns, row, strict=True)) for row in gains.rows]

    assert [(row["strategy"], row["saved"], row["than the first"]) for row in rows] == [
        ("ours", "30.0 %", "–"),
        ("peer <b>", "10.0 %", "-20.0 (-20.0 to -20.0)"),
    ]
    assert dict(zip(costs.columns, costs.rows[0], strict=False))["busy"] == "57 ms"


def test_ablations_have_tables_of_their_own() -> None:
    """Over the sessions that they have, beside the whole over the same ones."""
    headings = [table.heading for table in tables([OURS, PEER], [OURS, summed("without join", 20, 20)])]

    assert headings[2:] == ["What each technique gives", "What each technique costs, for each key pressed"]


def test_the_page_needs_nothing_and_runs_nothing() -> None:
    """No script, nothing to load; what a name holds is text."""
    page = render_page("A replay", ["noted & done"], [OURS, PEER], [OURS, summed("without join", 20, 20)])

    assert "peer &lt;b&gt;" in page
    assert "noted &amp; done" in page
    assert page.count("<svg") > 16
    assert re.findall(r"<script|<link|<img|https?://|src=|url\(", page) == []
    assert "default-src 'none'" in page


def test_further_tables_come_behind_the_others() -> None:
    """Such as what other machines would take; escaped, too."""
    page = render_page("A replay", [], [OURS], [], [Table("Elsewhere", ("machine", "p50"), (("M<1", "90 ms"),))])

    assert page.index("What it costs") < page.index("Elsewhere") < page.index("M&lt;1")


def test_every_plot_has_an_id_of_its_own() -> None:
    """In both widths, with or without ablations."""
    page = render_page("A replay", [], [OURS, PEER], [OURS, summed("without join", 20, 20)])
    ids = re.findall(r' id="([^"]+)"', page)

    assert len(ids) == len(set(ids))
