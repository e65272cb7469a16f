"""Books to write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.router.accounts.books import Books


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Of a ledger that is empty."""
    books = Books(tmp_path / "state")
    yield books

    books.close()
