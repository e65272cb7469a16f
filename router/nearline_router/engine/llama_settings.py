"""A tuning in llama.cpp's own words."""

from __future__ import annotations

from typing import Any

from nearline_router.engine.tuning import Tuning

# Tokens of a line that must have stood in the prompt before, and how many that followed are tried. llama.cpp's own
# 12 and 48 are for whole texts that are repeated: a line of code ends after some 10 tokens.
NGRAM_TOKENS = 3
DRAFTED_TOKENS = 8
# What a smaller model writes ahead; each that is refused cost its time.
DRAFT_MODEL_TOKENS = 4
# Not "ngram-cache": it drafts at every token, and lines took a sixth longer and more.
NGRAM_KINDS = ("ngram-simple", "ngram-map-k")


def apply_tuning(xllamacpp: Any, llama: Any, tuning: Tuning, threads: int | None) -> None:
    """Set what a tuning has in llama.cpp's parameters; `threads` of the configuration win over its own."""
    writing = threads or tuning.threads
    reading = threads or tuning.batch_threads or writing
    if writing:
        llama.cpuparams.n_threads = writing
    if reading:
        llama.cpuparams_batch.n_threads = reading
    if tuning.ubatch_tokens:
        llama.n_ubatch = tuning.ubatch_tokens
    if tuning.flash_attention is not None:
        llama.flash_attn_type = xllamacpp.llama_flash_attn_type(int(tuning.flash_attention))
    if tuning.cache_type:
        kind = getattr(xllamacpp.ggml_type, f"GGML_TYPE_{tuning.cache_type.upper()}")
        llama.cache_type_k = llama.cache_type_v = kind
    if tuning.drafting:
        _draft(xllamacpp, llama.speculative, tuning.drafting)


def _draft(xllamacpp: Any, speculative: Any, drafting: str) -> None:
    name = drafting.upper().replace("-", "_") if drafting in NGRAM_KINDS else "DRAFT_SIMPLE"
    speculative.types = [getattr(xllamacpp.common_speculative_type, f"COMMON_SPECULATIVE_TYPE_{name}")]
    for ngrams in (speculative.ngram_simple, speculative.ngram_map_k):
        ngrams.size_n, ngrams.size_m = NGRAM_TOKENS, DRAFTED_TOKENS
    if name == "DRAFT_SIMPLE":
        speculative.draft.mparams.path = drafting
        speculative.draft.n_max = DRAFT_MODEL_TOKENS
