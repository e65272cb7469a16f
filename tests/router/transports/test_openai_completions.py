"""OpenAI's completions: a hole spelled out for a server that takes text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nearline_router.errors import EndpointRefused
from nearline_router.transports.openai_completions import OpenAICompletions
from nearline_router.types import Chunk, Snippet, Usage
from nearline_router.warm.session import Session
from tests.fault_server import FaultServer
from tests.router.transports.speaking import CHAT, CODE, HOLE, MODEL, ask, chunks, failure, profile, sent, speaking


async def test_a_hole_is_sent_in_the_familys_own_layout() -> None:
    """Nothing can be forced here, so the growing text stands before the suffix."""
    assert await sent("vllm", ask(HOLE, 7)) == {
        "model": MODEL,
        "prompt": "<|file_sep|>a.py\n<|fim_prefix|>def f():\n    retu<|fim_suffix|>\n<|fim_middle|>",
        "stop": ["\n", "<|endoftext|>", "<|fim_pad|>", "<|repo_name|>"],
        "max_tokens": 7,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_several_lines_do_not_stop_at_the_first() -> None:
    """And there are never more stop sequences than servers take."""
    body = await sent("vllm", ask(replace(HOLE, multiline=True)))

    assert body["stop"] == ["<|endoftext|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"]


async def test_plain_text_goes_on_where_the_endpoint_only_completes() -> None:
    """No template around it, no stops."""
    body = await sent("vllm", ask(CODE), role="completion")

    assert (body["prompt"], "stop" in body) == (CODE, False)


async def test_the_answer_is_read_like_a_chats() -> None:
    """Only the text stands elsewhere."""
    async with speaking(server := FaultServer()) as endpoint:
        answer = await chunks(endpoint, ask(HOLE))

    assert answer == [Chunk("hello"), Chunk(" world"), Chunk("", "stop", Usage(12, 8, 5))]
    assert server.asked[0].path == "/v1/completions"


@pytest.mark.parametrize("field", ["prefix", "middle", "suffix", "path"])
@pytest.mark.parametrize("control", ["<|fim_middle|>", "<|endoftext|>", "<|im_start|>"])
async def test_a_control_token_in_the_users_text_is_refused_and_not_sent(field: str, control: str) -> None:
    """As text it would be read as a control token: the hole would be elsewhere, or an instruction in the code."""
    async with speaking(server := FaultServer()) as endpoint:
        error = await failure(endpoint, ask(replace(HOLE, **{field: f"a = '{control}'"})))

    assert type(error) is EndpointRefused
    assert "holds a control token of the model" in str(error)
    assert control not in str(error)
    assert server.asked == []


async def test_another_familys_control_token_is_only_text() -> None:
    """Nobody who works on models should be refused for no reason."""
    async with speaking(server := FaultServer()) as endpoint:
        await chunks(endpoint, ask(replace(HOLE, suffix="x = '[SUFFIX]'\n")))

    assert "[SUFFIX]" in server.asked[0].body["prompt"]


async def test_plain_text_to_a_model_of_no_known_family_may_hold_no_familys_control_token() -> None:
    """Which ones it would read is not known."""
    async with speaking(server := FaultServer(), model="mystery", role="completion") as endpoint:
        error = await failure(endpoint, ask("x = '[SUFFIX]'\n"))

    assert (type(error), server.asked) == (EndpointRefused, [])


async def test_a_model_that_is_not_known_to_fill_in_is_refused_a_hole() -> None:
    """With a sentence that says what would help."""
    async with speaking(server := FaultServer(), model="mystery") as endpoint:
        error = await failure(endpoint, ask(HOLE))

    assert "name one that can, such as Qwen2.5-Coder" in str(error)
    assert server.asked == []


def test_a_conversation_is_refused() -> None:
    """It has no text that goes on."""
    there = profile()
    endpoint = OpenAICompletions(there, Session(there.id, "http://127.0.0.1:1", {}, local=True))
    with pytest.raises(EndpointRefused):
        endpoint.stream(ask(CHAT))


BESIDE = replace(HOLE, context=(Snippet("b.py", "python", "def g():\n"),))


async def test_other_files_are_sent_in_the_familys_own_layout() -> None:
    """Before the file that is asked about."""
    body = await sent("vllm", ask(BESIDE))

    assert body["prompt"].startswith("<|file_sep|>b.py\ndef g():\n<|file_sep|>a.py\n<|fim_prefix|>def f():\n")


async def test_another_file_with_a_control_token_in_it_is_left_out() -> None:
    """No reason to refuse the request: the other pieces and the hole are sent."""
    trap = Snippet("c.py", "python", "x = '<|fim_middle|>'\n")
    body = await sent("vllm", ask(replace(BESIDE, context=(trap, *BESIDE.context))))

    assert body["prompt"] == (await sent("vllm", ask(BESIDE)))["prompt"]


async def test_other_files_are_left_out_where_there_is_no_room() -> None:
    """By an estimate, for there is no tokenizer here."""
    long = replace(HOLE, context=(Snippet("b.py", "python", "x = 1\n" * 400),))
    bodies = [await sent("vllm", ask(one), context_tokens=512) for one in (long, HOLE)]

    assert bodies[0]["prompt"] == bodies[1]["prompt"]
