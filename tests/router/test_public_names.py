"""What users of the router import."""

from __future__ import annotations

import pytest

import nearline_router


def test_the_public_names_are_there_and_no_other() -> None:
    """Each name of `__all__` can be imported from the package itself, and a wrong one is an AttributeError."""
    assert nearline_router.__all__ == ["Chunk", "Decision", "Infill", "Router", "RoutingRequest"]
    assert [getattr(nearline_router, name).__name__ for name in nearline_router.__all__] == nearline_router.__all__
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = nearline_router.nothing_like_it
