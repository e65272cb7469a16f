"""A tuning in the parameters of the real binding."""

from __future__ import annotations

from typing import Any

import pytest
import xllamacpp

from nearline_router.engine.llama_settings import NGRAM_KINDS, apply_tuning
from nearline_router.engine.tuning import Tuning

KINDS = xllamacpp.common_speculative_type


def applied(tuning: Tuning, threads: int | None = None) -> Any:
    """llama.cpp's parameters with a tuning."""
    llama = xllamacpp.CommonParams()
    apply_tuning(xllamacpp, llama, tuning, threads)
    return llama


def counts(llama: Any) -> tuple[int, int]:
    """Threads that write, threads that read."""
    return llama.cpuparams.n_threads, llama.cpuparams_batch.n_threads


def test_without_settings_all_is_as_llama_has_it() -> None:
    """The choice of threads too."""
    llama, own = applied(Tuning()), xllamacpp.CommonParams()

    assert counts(llama) == counts(own)
    assert (llama.n_ubatch, llama.flash_attn_type, llama.cache_type_k) == (
        own.n_ubatch, own.flash_attn_type, own.cache_type_k,
    )  # fmt: skip
    assert llama.speculative.types == [KINDS.COMMON_SPECULATIVE_TYPE_NONE]


def test_threads_of_the_configuration_win() -> None:
    """The user said so."""
    assert counts(applied(Tuning(threads=2, batch_threads=4))) == (2, 4)
    assert counts(applied(Tuning(threads=2))) == (2, 2)
    assert counts(applied(Tuning(threads=2, batch_threads=4), threads=3)) == (3, 3)


def test_computing_is_set() -> None:
    """Tokens in one go, flash attention, the format of keys and values."""
    llama = applied(Tuning(ubatch_tokens=128, flash_attention=True, cache_type="q8_0"))
    off = applied(Tuning(flash_attention=False))

    assert llama.n_ubatch == 128
    assert llama.flash_attn_type == xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED
    assert off.flash_attn_type == xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    assert llama.cache_type_k == llama.cache_type_v == xllamacpp.ggml_type.GGML_TYPE_Q8_0


@pytest.mark.parametrize("kind", NGRAM_KINDS)
def test_ngrams_of_a_line_are_drafted(kind: str) -> None:
    """llama.cpp knows each kind, and looks for fewer tokens than it does by itself."""
    llama = applied(Tuning(drafting=kind))

    assert [one.name.removeprefix("COMMON_SPECULATIVE_TYPE_") for one in llama.speculative.types] == [
        kind.upper().replace("-", "_")
    ]
    assert llama.speculative.ngram_simple.size_n == llama.speculative.ngram_map_k.size_n == 3


def test_any_other_drafting_is_a_models_path() -> None:
    """A smaller one of the same family."""
    llama = applied(Tuning(drafting="/models/small.gguf"))

    assert llama.speculative.types == [KINDS.COMMON_SPECULATIVE_TYPE_DRAFT_SIMPLE]
    assert llama.speculative.draft.mparams.path == "/models/small.gguf"
