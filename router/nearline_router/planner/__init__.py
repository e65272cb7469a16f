"""How fast each endpoint is, learned from its own timings, what its prompt cache holds, and what both predict."""

from nearline_router.planner.prompt_cache import PromptCache
from nearline_router.planner.speed import Speed

__all__ = ["PromptCache", "Speed"]
