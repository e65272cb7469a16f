"""A price for tokens, as the decision looks at it, and money as integers, as it is recorded."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

NANO_PER_USD = 1_000_000_000
TOKENS_PER_MTOK = 1_000_000
# What a token costs that is written to a prompt cache for five minutes, as Anthropic charges it: times the input price
# (Anthropic's documentation, "Prompt caching", "Pricing").
CACHE_WRITE = 1.25


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars a token; None where nobody said.

    Cached tokens without a price of their own cost as much as others, written ones `CACHE_WRITE` times as much. `steps`
    are the prices of long prompts, by the tokens of the prompt above which all of its tokens and all of the answer's
    cost that much; the highest step first.
    """

    input_usd: float | None = None
    output_usd: float | None = None
    cached_input_usd: float | None = None
    steps: tuple[tuple[int, Price], ...] = ()
    cache_write_usd: float | None = None

    @property
    def known(self) -> bool:
        """Whether anybody said anything."""
        return self.input_usd is not None or self.output_usd is not None

    def cost_usd(self, input_tokens: float, output_tokens: float) -> float | None:
        """What so many tokens cost, none of them cached; None when a price is unknown."""
        if self.steps:
            return self.at(input_tokens).cost_usd(input_tokens, output_tokens)
        if self.input_usd is None or self.output_usd is None:
            return None
        return input_tokens * self.input_usd + output_tokens * self.output_usd

    def cost_nano(
        self, input_tokens: int, cached_tokens: int, output_tokens: int, written_tokens: int = 0
    ) -> int | None:
        """The same in nano-dollars, rounded once; `input_tokens` are all of the prompt, cached and written included."""
        price = self.at(input_tokens)
        into, out = nano_per_mtok(price.input_usd), nano_per_mtok(price.output_usd)
        if into is None or out is None:
            return None
        cached, written = nano_per_mtok(price.cached_input_usd), nano_per_mtok(price.cache_write_usd)
        whole = (input_tokens - cached_tokens - written_tokens) * into
        whole += cached_tokens * (into if cached is None else cached)
        whole += written_tokens * (round(into * CACHE_WRITE) if written is None else written)
        return (whole + output_tokens * out + TOKENS_PER_MTOK // 2) // TOKENS_PER_MTOK

    def at(self, input_tokens: float) -> Price:
        """The price for a prompt of this length, without steps."""
        found = next((price for above, price in self.steps if input_tokens > above), None)
        return found or (replace(self, steps=()) if self.steps else self)


# Nobody knows.
UNKNOWN = Price()


def per_mtok(usd: float | None) -> Price:
    """One price for prompt and answer alike, given in US dollars for a million tokens."""
    return UNKNOWN if usd is None else Price(usd / TOKENS_PER_MTOK, usd / TOKENS_PER_MTOK)


def nano_per_mtok(usd_per_token: float | None) -> int | None:
    """US dollars a token as nano-dollars for a million tokens, which is what the record keeps."""
    return None if usd_per_token is None else round(usd_per_token * TOKENS_PER_MTOK * NANO_PER_USD)


def nano(usd: float | None) -> int | None:
    """US dollars as nano-dollars, rounded up: an estimate that is held against a limit is never too low."""
    return None if usd is None else math.ceil(usd * NANO_PER_USD)
