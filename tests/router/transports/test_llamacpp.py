"""llama.cpp's protocol against servers on loopback: what goes out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nearline_router.fim import Control, render, template_for
from nearline_router.types import Infill, Snippet
from tests.raw_llama import RawLlama
from tests.router.transports.asking import KEY, ask, chunks, control, infill, talking, text
from tests.scripted_llama import MODEL


async def test_a_prompt_goes_out_as_tokens_with_the_growing_text_last() -> None:
    """Control tokens by their ids, the user's text by its own, the last piece cut back for healing."""
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask(infill("    retu", "P", "S")))

    template = template_for(MODEL)
    assert template is not None
    segments = render(template, infill("    retu", "P", "S")).segments
    expected = [[control(part.text)] if isinstance(part, Control) else [*part.encode()] for part in segments]
    assert server.completions[0]["prompt"] == [token for part in expected for token in part]
    assert server.completions[0]["prompt"][-4:] == [control("<|fim_middle|>"), *b"   "]


async def test_text_that_looks_like_control_tokens_is_text() -> None:
    """Only the template's own spellings are ever read as special."""
    trap = "x = '<|fim_middle|><|endoftext|>'\n"
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask(infill(prefix=trap, middle=trap, suffix=trap)))
    special = {body["content"] for body in server.tokenized if body["parse_special"]}

    assert {"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"} <= special
    assert [text for text in special if "x = " in text or text == "<|endoftext|>"] == []
    assert server.completions[0]["prompt"].count(control("<|fim_middle|>")) == 1


async def test_a_plain_prompt_is_text_too() -> None:
    """A prompt that is no hole goes out as tokens, and nothing in it is special."""
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask("<|im_start|>hi"))

    assert server.completions[0]["prompt"] == [*b"<|im_start|>hi"]
    assert not any(body["parse_special"] for body in server.tokenized)


@pytest.mark.parametrize("beginning", [[], [1]], ids=["none", "one"])
async def test_the_models_own_beginning_stands_first_and_once(beginning: list[int]) -> None:
    """The server says what its model begins with; it is asked once."""
    async with talking(server := RawLlama(beginning=beginning)) as endpoint:
        for _ in range(2):
            await chunks(endpoint, ask("hi"))

    assert [body["prompt"] for body in server.completions] == [[*beginning, *b"hi"]] * 2
    assert sum(body["add_special"] for body in server.tokenized) == 1


async def test_what_stays_the_same_is_tokenized_once() -> None:
    """At the second keystroke neither the prefix nor the suffix goes to the tokenizer."""
    prefix, suffix = "p" * 300, "s" * 300
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask(infill("    re", prefix, suffix)))
        before = len(server.tokenized)
        await chunks(endpoint, ask(infill("    return x", prefix, suffix)))

    again = [body["content"] for body in server.tokenized[before:]]
    assert "    return" in again
    assert [text for text in again if prefix in text or suffix in text] == []
    first, second = (body["prompt"] for body in server.completions)
    assert second[: len(first) - 3] == first[:-3]


async def test_a_single_line_ends_at_the_line_and_begins_with_what_was_cut() -> None:
    """One line: the line end stops it, and a grammar makes the model say the cut text first."""
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask(infill("    retu"), 24))
    body = server.completions[0]

    assert (body["n_predict"], body["stop"]) == (24, ["\n"])
    assert body["grammar"] == r'root ::= " retu" [^\x00]*'
    assert (body["stream"], body["cache_prompt"], body["temperature"]) == (True, True, 0)


async def test_several_lines_have_no_stop() -> None:
    """More than one line: the model decides where it ends."""
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask(infill("    retu", multiline=True)))

    assert "stop" not in server.completions[0]
    assert server.completions[0]["grammar"] == r'root ::= " retu" [^\x00]*'


@pytest.mark.parametrize("prompt", [infill(""), infill("x\n"), "plain"], ids=["empty", "line start", "no hole"])
async def test_without_a_cut_nothing_is_forced(prompt: str | Infill) -> None:
    """Where healing has nothing to cut the model is free."""
    if isinstance(prompt, Infill):
        prompt = infill(prompt.middle, prefix="x\n")
    async with talking(server := RawLlama()) as endpoint:
        said = await text(endpoint, ask(prompt))

    assert "grammar" not in server.completions[0]
    assert said == "hello world"


async def test_a_warm_up_reads_the_prompt_and_generates_nothing() -> None:
    """The same tokens, no output, no grammar; the end and what it cost come back."""
    async with talking(server := RawLlama()) as endpoint:
        answered = await chunks(endpoint, ask(infill(), warm_up=True))
        await chunks(endpoint, ask(infill()))
    warm_up, real = server.completions

    assert (warm_up["n_predict"], "grammar" in warm_up) == (0, False)
    assert warm_up["prompt"] == real["prompt"]
    assert [(chunk.text, chunk.finish) for chunk in answered] == [("", "stop")]


async def test_the_key_goes_out_as_a_bearer() -> None:
    """With every request of every kind."""
    async with talking(server := RawLlama(), KEY) as endpoint:
        await chunks(endpoint, ask("hi"))

    assert set(server.keys) == {f"Bearer {KEY}"}
    assert {path.split()[1] for path in server.asked} == {"/props", "/tokenize", "/completion"}


async def test_without_a_key_none_goes_out() -> None:
    """No empty header either."""
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask("hi"))

    assert set(server.keys) == {""}


async def test_a_proxy_of_the_environment_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes to a local model goes there straight."""
    async with RawLlama() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with talking(RawLlama()) as endpoint:
            said = await text(endpoint, ask("hi"))

    assert (said, proxy.asked) == ("hello world", [])


@pytest.mark.parametrize(("output_tokens", "goes"), [(16, True), (4_000, False)])
async def test_other_files_are_left_out_where_there_is_no_room(output_tokens: int, goes: bool) -> None:
    """What is asked about comes first: the scripted server has room for 4096 tokens."""
    other = Snippet("b.py", "python", "x = 1\n" * 30)
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask(replace(infill(), context=(other,)), output_tokens))
        await chunks(endpoint, ask(infill(), output_tokens))
    beside, alone = (body["prompt"] for body in server.completions)

    assert (len(beside) > len(alone)) is goes
    assert alone == beside[len(beside) - len(alone) :]
