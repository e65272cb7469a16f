"""The requests of the ledger, each as it was asked and what became of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

# An attempt is opened when it leaves its queue. A warm-up is none of the user's requests: it goes where completions go.
QUERY = """
SELECT first.request, first.opened_us - coalesce(first.queued_us, 0) AS asked_us, first.task, first.language,
       first.residency, first.complexity, first.budget_us, first.characters, first.max_output_tokens, first.rule,
       first.endpoint, first.cost_centre, every.far, every.input_tokens, every.output_tokens, every.first_us,
       every.last_us, every.marginal_nano, every.full_nano, every.unpriced,
       max(0.0, 1.0 - 1.0 * first.cached_tokens / nullif(first.input_tokens, 0)) AS anew, every.left_early
FROM attempts AS first JOIN (
    SELECT request, max(local = 0) AS far, max(input_tokens) AS input_tokens, max(output_tokens) AS output_tokens,
           min(opened_us + ttft_us) AS first_us, max(closed_us) AS last_us,
           sum(marginal_nano) AS marginal_nano, sum(full_nano) AS full_nano, sum(marginal_nano IS NULL) AS unpriced,
           max(outcome = 'cancelled') AS left_early
    FROM attempts WHERE opened_us >= :since AND opened_us < :until GROUP BY request
) AS every USING (request)
WHERE first.number = 1 AND first.warm_up = 0 AND first.opened_us >= :since AND first.opened_us < :until
ORDER BY asked_us, first.id
"""


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request.

    `asked_us` is when it was asked, before any queue, `first_us` when its first content came, and `last_us` when its
    last attempt ended: Unix microseconds.
    `rule` and `endpoint` are the decision's; `far`: an endpoint that is not local saw it. Tokens and costs are of all
    its attempts, None where nobody knows; `unpriced` counts the attempts without a price. `anew` is the share of the
    prompt that `endpoint` did not find in its prompt cache, None where it did not say; `left_early`: who asked wanted
    no more of it, as when the next key was pressed.
    """

    request: str
    asked_us: int
    task: str
    language: str
    residency: str
    complexity: str
    budget_us: int | None
    characters: int
    max_output_tokens: int
    rule: str
    endpoint: str
    cost_centre: str
    far: int
    input_tokens: int | None
    output_tokens: int | None
    first_us: int | None
    last_us: int | None
    marginal_nano: int | None
    full_nano: int | None
    unpriced: int
    anew: float | None
    left_early: int


def recorded_requests(connection: sqlite3.Connection, since_us: int, until_us: int) -> Iterator[RecordedRequest]:
    """The requests that were opened in a time, the oldest first. Raises sqlite3.Error."""
    for row in connection.execute(QUERY, {"since": since_us, "until": until_us}):
        yield RecordedRequest(*row)
