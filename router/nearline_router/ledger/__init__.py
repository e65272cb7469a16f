"""The ledger: a row for every attempt at an endpoint, written off the request path and not lost with its process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nearline_router.ledger.ledger import Ledger

__all__ = ["Ledger"]


def __getattr__(name: str) -> Any:
    """Import what is asked for, and only that: a router that was asked nothing yet needs none of it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nearline_router.ledger.ledger import Ledger

    return Ledger
