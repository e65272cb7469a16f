"""A desk for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from .desk import Desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A document to edit, with a clock of its own."""
    with closing(Desk()) as desk:
        yield desk
