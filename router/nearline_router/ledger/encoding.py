"""An attempt as the bytes of a journal's record, and back."""

from __future__ import annotations

import json
import zlib
from dataclasses import fields
from operator import attrgetter

from nearline_router.ledger.records import Attempt

_NAMES = tuple(field.name for field in fields(Attempt))
_values = attrgetter(*_NAMES)
# What a record begins with, so that another version of Nearline can tell whether it knows its fields.
_FORM = zlib.crc32(",".join(_NAMES).encode())


def encoded(attempt: Attempt) -> bytes:
    """Its values in order, in JSON."""
    return json.dumps((_FORM, *_values(attempt))).encode()


def decoded(record: bytes) -> Attempt | None:
    """None for what another version wrote, or nobody."""
    try:
        form, *values = json.loads(record)
        attempt = Attempt(*values)
    except (ValueError, TypeError, RecursionError):
        return None
    return attempt if form == _FORM and all(isinstance(value, str | int | None) for value in values) else None
