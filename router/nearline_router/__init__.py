"""The router: knows endpoints, tokens, money, heat and law; knows nothing of LSP.

`Router.from_file(path)`, `router.decide(request)` and `router.stream(request)` are its public face.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nearline_router.router import Decision, Router
    from nearline_router.types import Chunk, Infill, RoutingRequest

__all__ = ["Chunk", "Decision", "Infill", "Router", "RoutingRequest"]


def __getattr__(name: str) -> Any:
    """Import what is asked for, and only that: the engine's process needs none of it."""
    if name in ("Decision", "Router"):
        from nearline_router import router as home
    elif name in __all__:
        from nearline_router import types as home  # type: ignore[no-redef]
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(home, name)
