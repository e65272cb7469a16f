"""The recorded requests decided again under another configuration: `replayed`.

What the ledger does not keep cannot be replayed. It has no text, path or folder, so a rule that holds by them is known
only where it held when the request was made: what stayed then stays in every replay. Rules for a language and for
everything are applied anew. Every endpoint counts as well and cool. As much of a prompt is in the cache of the endpoint
that was asked as was then, and of any other as is usual for the task. Requests follow each other as they did, each in
the first free slot of its endpoint, and the cost centre that paid for one pays again.
"""

from nearline_router.replay.compare import Comparison, replayed
from nearline_router.replay.summary import Summary

__all__ = ["Comparison", "Summary", "replayed"]
