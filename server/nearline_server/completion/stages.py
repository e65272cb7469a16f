"""Where the milliseconds of one answer went, from its request's first byte to the last one of the reply.

The stages follow each other and add up to the whole:

- `read`: the message's other bytes, its JSON, and whatever kept the event loop from it
- `gate`, `lookup`, `context`: whether to ask, what is known already, the prompt
- `joined`: waiting for a running request that then went another way
- `queue`: waiting for an endpoint
- `prompt`: the endpoint reads the prompt, as it says itself
- `first`: the rest until the first text: the network, and the tokens that have no text
- `decode`: from the first text to the end, or to where the budget ended
- `trim`, `reply`, `send`: what is shown of it, as an LSP item, as bytes
- `other`: what no stage accounts for
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the router is loaded after `initialize`
    from nearline_router.types import Usage

OWN_FIRST = ("read", "gate", "lookup", "context")
# What is waited for outside of this process; all the rest is the server's own share.
WAITING = ("queue", "prompt", "first", "decode")
STAGES = (*OWN_FIRST, "joined", *WAITING, "trim", "reply", "send", "other")


@dataclass(slots=True)
class Times:
    """When what happened to one answer, by perf_counter; `edited_s`: the document's newest edit, if this is about it.

    `arrived_s` and `edited_s` are those of a message's first byte, `sent_s` that of the reply's last.
    """

    arrived_s: float
    edited_s: float | None = None
    answered_s: float = 0.0
    replied_s: float = 0.0
    sent_s: float = 0.0


class Work(Protocol):
    """What is used of a `Generation`; `started_s` and `ended_s` are perf_counter's, `ended_s` None while it runs."""

    started_s: float
    ended_s: float | None
    queued_ms: float | None
    first_text_ms: float | None
    usage: Usage | None


def split_wait(from_ms: float, to_ms: float, began_ms: float, work: Work) -> dict[str, float]:
    """What the endpoint did from one time to another, as `joined` and the stages of `WAITING`, which add up to that.

    Times are milliseconds on one clock, on which the work began at `began_ms`; it may have begun earlier, for somebody
    else, or later.
    """
    queued_ms = to_ms if work.queued_ms is None else began_ms + work.queued_ms
    first_ms = to_ms if work.first_text_ms is None else began_ms + work.first_text_ms
    prefill_ms = (work.usage and work.usage.prefill_ms) or 0.0
    points = [from_ms]
    for at_ms in (began_ms, queued_ms, min(queued_ms + prefill_ms, first_ms), first_ms):
        points.append(min(max(at_ms, points[-1]), to_ms))
    return {
        name: end - begin for name, (begin, end) in zip(("joined", *WAITING), pairwise([*points, to_ms]), strict=True)
    }


def all_stages(
    total_ms: float, marked_ms: Mapping[str, float], began_ms: float, work: Work | None
) -> tuple[float, ...]:
    """The milliseconds of each of `STAGES`; `model` among those that were marked is split up by what `work` says."""
    found = {stage: ms for stage, ms in marked_ms.items() if stage in STAGES and stage not in WAITING}
    wait_ms = marked_ms.get("model")
    if wait_ms is not None and work is not None:
        from_ms = sum(marked_ms.get(stage, 0.0) for stage in OWN_FIRST)
        found |= split_wait(from_ms, from_ms + wait_ms, began_ms, work)
    found["other"] = max(0.0, total_ms - sum(found.values()))
    return tuple(found.get(stage, 0.0) for stage in STAGES)


def miss_cause(stages_ms: tuple[float, ...]) -> str:
    """What kept an answer from coming in time: the stage of waiting that took longest, or `server`, the rest."""
    spent = dict(zip(STAGES, stages_ms, strict=True))
    causes = {stage: spent.pop(stage) for stage in WAITING}
    causes["queue"] += spent.pop("joined")
    causes["server"] = sum(spent.values())
    return max(causes, key=causes.__getitem__)
