"""How fast each endpoint is, learned from its own timings, and what that predicts (`speed`)."""

from nearline_router.planner.speed import Speed

__all__ = ["Speed"]
