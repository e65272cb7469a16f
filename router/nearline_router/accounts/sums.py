"""The statements that add up a day's rows: from `:since` to `:until`, which lie from rowid `:first` to `:last`."""

from __future__ import annotations

import math

# Of a bucket of latencies to the next: percentiles are right to 2.5 %.
STEP = 1.05

# What was paid for and never shown. A cancelled request is none of it where its text was shown as ghost text: before
# its end, or later from memory.
WASTED = """CASE WHEN outcome IN ('lost', 'slow', 'failed') OR (outcome = 'cancelled' AND NOT warm_up AND request NOT IN
    (SELECT request FROM suggestions WHERE shown_us >= :since AND shown_us < :until + 3600000000))
    THEN coalesce(marginal_nano, 0) ELSE 0 END"""

# The rows of a day lie side by side in the table, and are read in this order. By index it takes twice as long.
DAYS = f"""INSERT INTO temp.days
    SELECT :day, endpoint, coalesce(model, ''), local, task, cost_centre, repository, language, outcome, cost_source,
        count(*), coalesce(sum(input_tokens), 0), coalesce(sum(cached_tokens), 0), coalesce(sum(output_tokens), 0),
        sum(input_tokens IS NULL OR output_tokens IS NULL),
        coalesce(sum(marginal_nano), 0), coalesce(sum(coalesce(full_nano, marginal_nano)), 0),
        sum(coalesce(full_nano, marginal_nano) IS NULL),
        coalesce(sum(energy_uj), 0),
        coalesce(sum(coalesce(prefill_us + decode_us, total_us - coalesce(queued_us, 0))), 0),
        sum({WASTED})
    FROM attempts NOT INDEXED
    WHERE rowid BETWEEN :first AND :last AND opened_us >= :since AND opened_us < :until
    GROUP BY 2, 3, 4, 5, 6, 7, 8, 9, 10"""  # noqa: S608 (constants)

LATENCIES = f"""INSERT INTO temp.day_latencies
    SELECT :day, endpoint, task, CAST(ln(ttft_us) / {math.log(STEP)!r} AS INTEGER), count(*)
    FROM attempts NOT INDEXED
    WHERE rowid BETWEEN :first AND :last AND opened_us >= :since AND opened_us < :until AND ttft_us > 0 AND NOT warm_up
    GROUP BY 2, 3, 4"""  # noqa: S608 (constants)

SUGGESTIONS = """INSERT INTO temp.day_suggestions
    SELECT :day, language, repository, found, count(*), sum(latency_us <= coalesce(budget_us, latency_us)), sum(chars),
        sum(accepted_us IS NOT NULL), sum(accepted_us IS NOT NULL AND whole), sum(accepted_chars),
        sum(CASE WHEN kept IS NULL THEN 0 ELSE accepted_chars END), sum(coalesce(kept, 0))
    FROM (SELECT *, coalesce(kept_600s, kept_120s, kept_30s) AS kept FROM suggestions)
    WHERE shown_us >= :since AND shown_us < :until
    GROUP BY 2, 3, 4"""
