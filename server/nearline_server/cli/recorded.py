"""The ledger for a command that reads it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from nearline_router.errors import RouterError
from nearline_router.learned import state_dir
from nearline_router.ledger.database import connect


@contextmanager
def ledger_trouble_said() -> Iterator[None]:
    """What goes wrong with the ledger is one message (ClickException)."""
    try:
        yield
    except (sqlite3.Error, OSError, RouterError) as error:
        raise click.ClickException(f"the ledger cannot be read: {error}") from error


@contextmanager
def open_ledger() -> Iterator[sqlite3.Connection]:
    """The user's ledger, only to be read; an empty one where nothing was recorded.

    What goes wrong with it, also within the block, is one message (ClickException).
    """
    with ledger_trouble_said(), closing(connect(state_dir(), read_only=True)) as connection:
        yield connection
