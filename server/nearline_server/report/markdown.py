"""The report as Markdown, for a wiki or a pull request."""

from __future__ import annotations

import html
from collections.abc import Iterator

from nearline_server.report.contents import Report, certainty_sentence, figures
from nearline_server.report.tables import Table, tables, ways_table


def render_markdown(report: Report) -> str:
    """The figures and every table."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {report.title}"
    yield ""
    yield f"{report.scope} Days are those of UTC."
    if report.empty:
        return
    yield ""
    yield from _table(Table("", ("figure", "", ""), tuple((one.name, one.value, one.note) for one in figures(report))))
    yield ""
    yield certainty_sentence(report)
    for sentence in (*report.break_even, *report.warnings):
        yield ""
        yield f"> {_cell(sentence)}"
    for table in (ways_table(report), *tables(report)):
        yield ""
        yield f"## {table.heading}"
        yield ""
        yield from _table(table)
        if table.note:
            yield ""
            yield table.note


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(table.columns)} |"
    yield "|" + "|".join("---" if number < table.texts else "---:" for number in range(len(table.columns))) + "|"
    for row in table.rows:
        yield f"| {' | '.join(map(_cell, row))} |"


def _cell(text: str) -> str:
    """Names are no markup: those of models and repositories are other people's."""
    escaped = html.escape(text, quote=False)
    for mark in ("\\", "|", "`", "*", "_", "[", "]"):
        escaped = escaped.replace(mark, f"\\{mark}")
    return " ".join(escaped.split())
