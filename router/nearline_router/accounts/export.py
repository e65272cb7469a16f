"""The ledger as it is, row by row, for other programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from sqlite3 import Connection
from typing import IO, Any

from nearline_router.accounts.csv_rows import cell

TABLES = ("attempts", "suggestions", "answers", "events", "prices", "days", "day_latencies", "day_suggestions")


def export_csv(connection: Connection, table: str, file: IO[str]) -> int:
    """Write all rows of a table, with its columns' names over them; returns how many there are."""
    rows = connection.execute(f"SELECT * FROM main.{table}")  # noqa: S608 (one of TABLES)
    writer = csv.writer(file)
    writer.writerow(name for name, *_ in rows.description)
    count = 0
    for row in rows:
        writer.writerow([cell(value) if isinstance(value, str) else value for value in row])
        count += 1
    return count


def export_jsonl(connection: Connection, tables: Iterable[str], file: IO[str]) -> int:
    """Write all rows of some tables, each an object on a line with the table's name; returns how many there are."""
    count = 0
    for table in tables:
        rows = connection.execute(f"SELECT * FROM main.{table}")  # noqa: S608 (of TABLES)
        names = [name for name, *_ in rows.description]
        for row in rows:
            values: dict[str, Any] = {"table": table, **dict(zip(names, row, strict=True))}
            file.write(json.dumps(values, ensure_ascii=False) + "\n")
            count += 1
    return count
