"""The tables of `ledger.db`, version by version. Entries are only ever appended.

All money is integer nano-dollars (`_nano`, 1 USD = 1e9), all time integer microseconds (`_us`, instants are Unix time
in UTC). The day of a row is the UTC day of its `opened_us`. Never any text of prompts, answers, instructions,
diagnostics or file names.
"""

from __future__ import annotations

VERSION_1 = """
CREATE TABLE attempts (
  id TEXT PRIMARY KEY,            -- made before the request leaves; idempotent (INSERT OR IGNORE, UPDATE)
  request TEXT NOT NULL,          -- the same for all attempts of one Router.stream call (fallbacks, hedge)
  number INTEGER NOT NULL,        -- 1 is the first one asked
  opened_us INTEGER NOT NULL,
  closed_us INTEGER,              -- NULL: open, or the process died
  client TEXT NOT NULL,           -- who asks: the name of an LSP client ("Neovim"), "cli", "library"
  task TEXT NOT NULL,             -- complete, explain, ...
  warm_up INTEGER NOT NULL,       -- 1: only reads the prompt
  endpoint TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT,
  local INTEGER NOT NULL,
  rule TEXT NOT NULL,             -- which rule decided: compliance, latency, complexity, cost, pinned, experiment, ...
  residency TEXT NOT NULL,        -- kind of reason why it had to stay ("" if it may leave); never a path
  complexity TEXT NOT NULL,       -- this and the next three are for replay
  budget_us INTEGER,
  characters INTEGER NOT NULL,
  max_output_tokens INTEGER NOT NULL,
  predicted_ttft_us INTEGER,
  predicted_nano INTEGER,
  outcome TEXT NOT NULL,          -- open, answered, cancelled (its asker left), lost (the other one of a hedge won),
                                  -- slow (left for the next), cut, failed
  error TEXT NOT NULL,            -- class name of the error, ""
  input_tokens INTEGER,           -- all prompt tokens, cached ones included
  cached_tokens INTEGER,
  output_tokens INTEGER,
  input_source TEXT NOT NULL,     -- exact (the provider's own count), estimated, at least, none
  cached_source TEXT NOT NULL,
  output_source TEXT NOT NULL,
  queued_us INTEGER,
  ttft_us INTEGER,
  total_us INTEGER,
  prefill_us INTEGER,
  decode_us INTEGER,
  marginal_nano INTEGER,          -- NULL: price unknown; never 0 for unknown
  full_nano INTEGER,
  cost_source TEXT NOT NULL,      -- exact, estimated, at least, unknown
  price_version TEXT NOT NULL,    -- where the price came from: "config:<8 hex of the numbers>",
                                  -- "genai-prices:<version>", "hardware:<8 hex>", ""
  energy_uj INTEGER,              -- microjoules
  energy_source TEXT NOT NULL,    -- measured, modelled, none
  cost_centre TEXT NOT NULL,
  repository TEXT NOT NULL,
  language TEXT NOT NULL
);
CREATE INDEX attempts_by_time ON attempts(opened_us);
-- What budgets add up after each commit, without a look at the table.
CREATE INDEX attempts_spent ON attempts(opened_us, cost_centre, marginal_nano, local) WHERE local = 0;
CREATE TABLE suggestions (        -- one row per suggestion that was shown (ghost text)
  id TEXT PRIMARY KEY,
  request TEXT NOT NULL,          -- request of the attempt that made it
  shown_us INTEGER NOT NULL,
  language TEXT NOT NULL,
  repository TEXT NOT NULL,
  chars INTEGER NOT NULL,         -- as first shown
  found TEXT NOT NULL,            -- model, join, cache, type-through
  latency_us INTEGER NOT NULL,    -- request's arrival to answer, at the server
  budget_us INTEGER,              -- the deadline it had
  accepted_us INTEGER,
  accepted_chars INTEGER NOT NULL DEFAULT 0,
  whole INTEGER NOT NULL DEFAULT 0,  -- 0: accepted in part
  kept_30s INTEGER,               -- characters of the accepted text that are still in the document then;
  kept_120s INTEGER,              -- NULL: not looked at (closed before)
  kept_600s INTEGER
);
CREATE INDEX suggestions_by_time ON suggestions(shown_us);
CREATE TABLE answers (            -- every inline answer, also the empty ones, counted
  day TEXT NOT NULL,
  found TEXT NOT NULL,
  in_budget INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY(day, found, in_budget)
);
CREATE TABLE events (             -- breakers and heat
  at_us INTEGER NOT NULL,
  endpoint TEXT NOT NULL,
  kind TEXT NOT NULL,             -- breaker, heat
  state TEXT NOT NULL,            -- the new one
  reason TEXT NOT NULL            -- without user text
);
CREATE INDEX events_by_time ON events(at_us);
CREATE TABLE prices (             -- the prices that were in force, by version, kept for ever
  version TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  model TEXT,
  since_us INTEGER NOT NULL,
  input_nano_per_mtok INTEGER,
  output_nano_per_mtok INTEGER,
  cached_nano_per_mtok INTEGER,
  detail TEXT NOT NULL,           -- JSON of the assumptions (hardware, tariff) behind a local price; "{}" else
  PRIMARY KEY(version, endpoint, model)
);
CREATE TABLE days (               -- aggregates of closed days (UTC), kept when attempts are pruned; made by `accounts`
  day TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  model TEXT NOT NULL,
  local INTEGER NOT NULL,
  task TEXT NOT NULL,
  cost_centre TEXT NOT NULL,
  repository TEXT NOT NULL,
  language TEXT NOT NULL,
  outcome TEXT NOT NULL,
  cost_source TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cached_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  unknown_tokens INTEGER NOT NULL,  -- attempts whose tokens nobody knows
  marginal_nano INTEGER NOT NULL,
  full_nano INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,      -- attempts without a price
  energy_uj INTEGER NOT NULL,
  busy_us INTEGER NOT NULL,
  wasted_nano INTEGER NOT NULL,
  PRIMARY KEY(day, endpoint, model, local, task, cost_centre, repository, language, outcome, cost_source)
) WITHOUT ROWID;
CREATE TABLE day_latencies (      -- histogram of ttft by day, endpoint and task
  day TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  task TEXT NOT NULL,
  bucket INTEGER NOT NULL,        -- floor(log(ttft_us) / log(1.05))
  count INTEGER NOT NULL,
  PRIMARY KEY(day, endpoint, task, bucket)
) WITHOUT ROWID;
"""

VERSION_2 = """
CREATE TABLE day_suggestions (    -- aggregates of closed days, kept when suggestions are pruned; the day is shown_us's
  day TEXT NOT NULL,
  language TEXT NOT NULL,
  repository TEXT NOT NULL,
  found TEXT NOT NULL,
  shown INTEGER NOT NULL,
  in_budget INTEGER NOT NULL,     -- of those shown; one without a deadline counts as in time
  chars INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  whole INTEGER NOT NULL,         -- of those accepted
  accepted_chars INTEGER NOT NULL,
  looked_chars INTEGER NOT NULL,  -- accepted characters of those that were looked at again
  kept_chars INTEGER NOT NULL,    -- of these characters, those that were still there at the last look
  PRIMARY KEY(day, language, repository, found)
) WITHOUT ROWID;
CREATE TABLE closed_days (        -- which days are aggregated; made by `accounts`
  day TEXT PRIMARY KEY,
  attempts INTEGER NOT NULL,      -- the greatest rowid of the day's attempts then, 0: none; a greater one came late
  suggestions INTEGER NOT NULL,   -- the same of its suggestions
  pruned INTEGER NOT NULL         -- 1: its rows are gone, its aggregates are final
) WITHOUT ROWID;
"""

# `cache_written_tokens`: of the input tokens, those written to a prompt cache at a price of their own; NULL where
# nobody said. A price may be in force again that was so before another one: `prices` has no primary key any longer.
VERSION_3 = """
ALTER TABLE attempts ADD COLUMN cache_written_tokens INTEGER;
CREATE TABLE prices_3 (           -- which prices are in force from which instant on, kept for ever
  version TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  model TEXT,
  since_us INTEGER NOT NULL,
  input_nano_per_mtok INTEGER,
  output_nano_per_mtok INTEGER,
  cached_nano_per_mtok INTEGER,
  detail TEXT NOT NULL,
  cache_write_nano_per_mtok INTEGER
);
INSERT INTO prices_3 SELECT version, endpoint, model, since_us, input_nano_per_mtok, output_nano_per_mtok,
  cached_nano_per_mtok, detail, NULL FROM prices ORDER BY since_us;
DROP TABLE prices;
ALTER TABLE prices_3 RENAME TO prices;
CREATE INDEX prices_by_time ON prices(endpoint, model, since_us);
CREATE TABLE forgotten_spending ( -- what forgotten rows of this month had cost: that they are gone gives no budget room
  day TEXT NOT NULL,
  cost_centre TEXT NOT NULL,
  marginal_nano INTEGER NOT NULL,
  PRIMARY KEY(day, cost_centre)
) WITHOUT ROWID;
"""

# By `PRAGMA user_version`: the step at index n leads from version n to n + 1.
MIGRATIONS: tuple[str, ...] = (VERSION_1, VERSION_2, VERSION_3)
