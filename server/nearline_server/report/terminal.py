"""The report in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as Grid

from nearline_server.report.contents import Report, certainty_sentence, figures
from nearline_server.report.tables import Table, tables, ways_table

# Most names are whole in it, and eight columns of figures still fit a terminal of 80.
NAME_WIDTH = 8


def show(report: Report, console: Console) -> None:
    """Print the figures and the tables; `console` has to leave markup alone."""
    console.print(report.title, style="bold")
    console.print(f"{report.scope} Days are those of UTC.", style="dim")
    if report.empty:
        return
    console.print()
    grid = Grid(box=None, show_header=False, pad_edge=False)
    for figure in figures(report):
        grid.add_row(figure.name, figure.value, figure.note)
    console.print(grid)
    console.print(f"\n{certainty_sentence(report)}")
    for sentence in report.break_even:
        console.print(sentence, style="bold")
    for sentence in report.warnings:
        console.print(sentence, style="yellow")
    for table in (ways_table(report), *tables(report)):
        console.print(f"\n{table.heading}", style="bold")
        console.print(_grid(table))
        if table.note:
            console.print(table.note, style="dim")


def _grid(table: Table) -> Grid:
    grid = Grid(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for number, column in enumerate(table.columns):
        if number < table.texts:
            # A name that is too long goes on in the next line: cut off, two might be the same.
            grid.add_column(column, overflow="fold", min_width=NAME_WIDTH)
        else:
            grid.add_column(column.replace(" ", "\n"), justify="right", no_wrap=True)
    for row in table.rows:
        grid.add_row(*row)
    return grid
