"""Whether a text may leave: the router's decision on a request that would hold it."""

from __future__ import annotations

from nearline_router.errors import NoEndpoint
from nearline_router.router import Router
from nearline_router.types import RoutingRequest


def stays(router: Router, request: RoutingRequest) -> bool:
    """Whether the text of such a request may go to local endpoints only, or nowhere."""
    try:
        return bool(router.decide(request).stays)
    except NoEndpoint:
        return True
