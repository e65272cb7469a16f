"""What the server that will read a text makes of it, by its own tokenizer: exact, for a request to it."""

from __future__ import annotations

from nearline_router.tokens.count import TokenCount
from nearline_router.transports.llamacpp_tokens import Tokenizer


async def server_count(tokenizer: Tokenizer, text: str) -> TokenCount:
    """Counts the text and the model's beginning token, if it has one; control tokens in the text count as text.

    Raises EndpointError.
    """
    return TokenCount(len(await tokenizer.encode([text])), "server")
