"""A provider's usage export, read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nearline_router.errors import RouterError
from nearline_router.reconcile.amounts import Amounts
from nearline_router.reconcile.formats import FORMATS, Format, moment
from nearline_router.reconcile.rows import Row, rows_of


class ExportError(RouterError):
    """A file that cannot be reconciled; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Billed:
    """One row of an export: when (UTC), of which model ("" where it does not say), and how much."""

    at: datetime
    model: str
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Export:
    """All of an export, the oldest row first; there is at least one."""

    format: Format
    rows: tuple[Billed, ...]


def read_export(path: Path) -> Export:
    """What a provider says that it billed. Raises ExportError."""
    try:
        rows = rows_of(path)
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{path} is neither CSV nor JSON: {error}") from error
    if not rows:
        raise ExportError(f"{path} has no rows")
    form = _format_of(rows[0], path)
    billed = [_billed(form, row, f"{path}, row {number}") for number, row in enumerate(rows, 1)]
    return Export(form, tuple(sorted(billed, key=lambda one: one.at)))


def _format_of(row: Row, path: Path) -> Format:
    for form in FORMATS:
        if form.columns <= row.keys():
            return form
    known = "\n".join(f"  {form.name}: {', '.join(sorted(form.columns))}" for form in FORMATS)
    columns = ", ".join(map(str, list(row)[:20])) or "none"
    raise ExportError(f"{path} is no export that is known. Its columns: {columns}. Expected are those of\n{known}")


def _billed(form: Format, row: Row, where: str) -> Billed:
    try:
        return Billed(moment(row.get(form.time)), str(row.get(form.model) or ""), form.amounts(row))
    except (ValueError, ArithmeticError, OSError) as error:
        raise ExportError(f"{where}: {error}") from error
