"""The rows of an export, CSV or JSON, as flat mappings from a column's name to its value."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]

# Where JSON of the usage APIs keeps its rows: pages have `data`, and the buckets in it `results`.
NESTED = ("data", "results")


def rows_of(path: Path) -> list[Row]:
    """All rows of a file, whichever of the two it is. Raises OSError, and ValueError where it is neither."""
    text = path.read_text(encoding="utf-8-sig")
    if text.lstrip()[:1] in ("{", "["):
        return list(_from_json(json.loads(text)))
    return [
        {(name or "").strip(): (value or "").strip() for name, value in row.items() if isinstance(value, str | None)}
        for row in csv.DictReader(text.splitlines(keepends=True), strict=True)
    ]


def _from_json(value: Any) -> Iterator[Row]:
    """Pages, buckets and results in one list; what stands beside a list belongs to each row in it."""
    if isinstance(value, list):
        for one in value:
            yield from _from_json(one)
    elif isinstance(value, dict):
        nested = next((name for name in NESTED if isinstance(value.get(name), list)), None)
        if nested is None:
            yield dict(_flat(value))
            return
        beside = dict(_flat({name: one for name, one in value.items() if name != nested}))
        for row in _from_json(value[nested]):
            yield {**beside, **row}


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """An object within an object becomes `outer.inner`."""
    for name, one in value.items():
        if isinstance(one, dict):
            yield from _flat(one, f"{prefix}{name}.")
        else:
            yield prefix + name, one
