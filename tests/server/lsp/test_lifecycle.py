"""From start to end: what is said when something is missing or breaks, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from nearline_router.engine.catalogue import DEFAULT_MODEL_ID, find_model
from tests.waiting import until

from .conftest import Start, write_config
from .editor import END_TIMEOUT_S, Editor, clean_env
from .held_llama import HeldLlama

HELLO = "hello world"
SECRET = "correct_horse_battery_staple"
KEY = "sk-the-models-own-key"


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def files_in(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


async def test_shutdown_and_exit_leave_nothing_behind(start: Start) -> None:
    """The process ends with status 0, and so do those that it started."""
    editor = await start()
    process = psutil.Process(editor.process.pid)
    await editor.text(editor.open("x = "), 4)
    children = process.children(recursive=True)

    assert await editor.quit() == 0
    assert [child for child in (process, *children) if child.is_running()] == []


async def test_shutdown_answers_who_waits(start: Start, llama: HeldLlama) -> None:
    """A request that the model still thinks about is answered before the server goes, and the model let go."""
    editor = await start()
    llama.let.clear()
    waiting = editor.begin(editor.open("x = "), types.Position(0, 4))
    await until(lambda: llama.completions, "the model to be asked")
    assert await editor.quit() == 0
    try:
        answer: Any = await asyncio.wait_for(waiting, END_TIMEOUT_S)
    except JsonRpcException:
        answer = []

    assert answer == []
    await until(lambda: llama.inside == 0, "the model to be free")


async def test_a_client_that_vanishes_takes_the_server_along(start: Start, llama: HeldLlama) -> None:
    """At the end of its input the server ends by itself, also in mid-request."""
    editor = await start()
    llama.let.clear()
    waiting = editor.begin(editor.open("x = "), types.Position(0, 4))
    await until(lambda: llama.completions, "the model to be asked")
    assert editor.process.stdin is not None
    editor.process.stdin.close()
    await editor.gone()

    with pytest.raises((RuntimeError, JsonRpcException)):
        await waiting
    await until(lambda: llama.inside == 0, "the model to be free")


async def test_exit_without_shutdown_is_status_one(start: Start) -> None:
    """As the protocol has it."""
    editor = await start()
    editor.client.exit(None)

    assert await editor.gone() == 1


async def test_for_debugging_it_listens_on_a_port(tmp_path: Path, config: Path) -> None:
    """With `--tcp` one client is served on loopback as it would be on standard streams."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-P", "-m", "nearline_server", "lsp", "--tcp", str(port), "--config", str(config)]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, env=clean_env(tmp_path), stdout=quiet, stderr=quiet)
    reader, writer = await connected(port)
    params: dict[str, Any] = {"processId": None, "rootUri": None, "capabilities": {}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}).encode()
    writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    answer = await asyncio.wait_for(reader.readline(), END_TIMEOUT_S)
    writer.close()
    process.kill()
    await process.wait()

    assert answer.startswith(b"Content-Length: ")


async def connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to a server that is about to listen."""
    streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    for _ in range(2_000):
        with contextlib.suppress(ConnectionRefusedError):
            streams.append(await asyncio.open_connection("127.0.0.1", port))
            break
        await asyncio.sleep(0.01)
    (stream,) = streams
    return stream


async def test_standard_output_is_lsp_and_nothing_else(config: Path, tmp_path: Path) -> None:
    """From the first byte to the last there are messages; a feature that fails does not print there."""
    command = [sys.executable, "-P", "-m", "nearline_server", "lsp", "--stdio", "--config", str(config)]
    pipe, quiet = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, env=clean_env(tmp_path), stdin=pipe, stdout=pipe, stderr=quiet
    )
    document = {"uri": "file:///project/a.py", "languageId": "python", "version": 1, "text": "x = "}
    where = {"textDocument": {"uri": document["uri"]}, "position": {"line": 0, "character": 4}}
    sent: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}},
        {"method": "initialized", "params": {}},
        {"method": "textDocument/didOpen", "params": {"textDocument": document}},
        {"id": 2, "method": "textDocument/inlineCompletion", "params": {**where, "context": {"triggerKind": 2}}},
        {"id": 3, "method": "textDocument/inlineCompletion", "params": {}},
        {"method": "textDocument/didFocus", "params": {"position": "here"}},
        {"id": 4, "method": "shutdown"},
        {"method": "exit"},
    ]
    frames = [json.dumps({"jsonrpc": "2.0", **message}).encode() for message in sent]
    stdin = b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(frame), frame) for frame in frames)
    stdout, _ = await asyncio.wait_for(process.communicate(stdin), END_TIMEOUT_S)

    messages = list(frames_of(stdout))
    assert {1, 2, 3, 4} == {message["id"] for message in messages if "id" in message and "method" not in message}
    assert process.returncode == 0


def frames_of(stream: bytes) -> list[dict[str, Any]]:
    """Every message of a stream; fails on a byte that belongs to none."""
    messages = []
    while stream:
        head, _, rest = stream.partition(b"\r\n\r\n")
        headers = dict(line.split(b": ") for line in head.split(b"\r\n"))
        length = int(headers[b"Content-Length"])
        messages.append(json.loads(rest[:length]))
        stream = rest[length:]
    return messages


async def test_no_word_of_the_users_is_printed(launch: Start, llama: HeldLlama, tmp_path: Path) -> None:
    """Neither the document's text nor the model's key, which its server is sent, reaches standard error, not even
    when everything fails.
    """
    config = write_config(tmp_path / "nearline.yaml", llama, "api_key_env: MODEL_KEY")
    editor = await launch(config, MODEL_KEY=KEY)
    await editor.initialize()
    await editor.until_state("ready")
    doc = editor.open(f"password = '{SECRET}'\nx = ")
    llama.pieces = [SECRET]
    await editor.text(doc, len(doc.text))
    assert {f"Bearer {KEY}"} == set(llama.keys)
    for name, value in (("status", 500), ("status", 400), ("drop_after", 1), ("pieces", [])):
        llama.reset()
        setattr(llama, name, value)
        at = editor.insert(doc, len(doc.text), f"\n{SECRET} = ")
        await editor.text(doc, at)
    editor.client.protocol.notify("textDocument/didFocus", {"position": SECRET})
    editor.insert(doc, 0, "'\ud83d'")
    await editor.text(doc, len(doc.text))
    with pytest.raises(JsonRpcException):
        await editor.execute("nearline.accept", SECRET, SECRET)
    with pytest.raises(JsonRpcException):
        await editor.execute(SECRET)
    assert await editor.quit() == 0
    printed = editor.client.stderr.decode()

    assert "is ready" in printed
    assert (SECRET in printed, KEY in printed) == (False, False)


async def test_without_a_model_it_is_offered_and_not_fetched(launch: Start, tmp_path: Path) -> None:
    """The question says what would be fetched, how big it is and from where; without a yes nothing is."""
    config = write(tmp_path / "nearline.yaml", "engine: {discover: false}\n")
    editor = await launch(config)
    await editor.initialize()
    await until(lambda: editor.questions, "the question")
    (question,) = editor.questions
    model = find_model(DEFAULT_MODEL_ID)
    doc = editor.open("x = ")

    assert all(word in question.message for word in (model.title, model.size_text, model.sources[0].label))
    assert [action.title for action in question.actions or ()] == ["Download", "Not now"]
    assert await editor.text(doc, 4) == ""
    assert (await editor.status())["state"] in ("no-model", "starting")
    assert [name for name in files_in(tmp_path) if name.endswith((".gguf", ".partial"))] == []


async def test_a_model_file_that_is_not_there_is_said(launch: Start, tmp_path: Path) -> None:
    """A file of the user's own cannot be fetched; the message names it."""
    config = write(tmp_path / "nearline.yaml", "engine: {discover: false, model: /nowhere/mine.gguf}\n")
    editor = await launch(config)
    await editor.initialize()
    await until(lambda: editor.messages, "the message")

    assert "mine.gguf" in editor.messages[0]
    assert editor.questions == []


async def test_without_any_model_server_typing_goes_on(launch: Start, tmp_path: Path) -> None:
    """Nothing answers at the configured address: the state says so, requests are answered empty at once."""
    text = "endpoints: {local: {host: 'http://127.0.0.1:9'}}\nengine: {enabled: false, discover: false}\n"
    editor = await launch(write(tmp_path / "nearline.yaml", text))
    await editor.initialize()
    await editor.until_state("unavailable")

    assert [await editor.text(editor.open("x = "), 4) for _ in range(3)] == [""] * 3


async def test_a_stream_that_breaks_is_no_error(editor: Editor, llama: HeldLlama) -> None:
    """The server dies in mid-stream: what came until then or nothing; then it is back, and so are answers."""
    llama.drop_after = 1
    doc = editor.open("x = ")
    broken = await editor.text(doc, 4)
    llama.drop_after = None
    at, texts, deadline_s = 4, [broken], time.monotonic() + 15
    while texts[-1] != HELLO and time.monotonic() < deadline_s:
        at = editor.insert(doc, at, "\nx = ")
        texts.append(await editor.text(doc, at))

    assert broken in ("", "hello")
    assert texts[-1] == HELLO


async def test_a_server_that_was_away_is_found_again(editor: Editor, llama: HeldLlama) -> None:
    """While nobody listens every key is answered empty; the first keys after its return bring completions back."""
    doc, at = editor.open(""), 0
    await llama.stop()

    async def next_text() -> str:
        nonlocal at
        at = editor.insert(doc, at, "\nx = ")
        return await editor.text(doc, at)

    away = [await next_text() for _ in range(5)]
    await llama.come_back()
    deadline_s = time.monotonic() + 15
    back = await next_text()
    while back != HELLO and time.monotonic() < deadline_s:
        back = await next_text()

    assert (away, back) == ([""] * 5, HELLO)
    assert editor.messages == []


async def test_requests_before_the_session_is_loaded_are_answered(launch: Start, config: Path) -> None:
    """An editor that asks right after `initialize` gets an empty list, not an error, and what it sent counts."""
    editor = await launch(config)
    await editor.initialize()
    doc = editor.open("x = ")
    first = await editor.text(doc, 4)
    editor.push({"nearline": {"completion": {"disabled_languages": ["lua"]}}})
    status = await editor.status()
    await editor.until_state("ready")

    assert first in ("", HELLO)
    assert "state" in status
    assert await editor.text(editor.open("y = ", language="lua"), 4) == ""
    assert await editor.text(editor.open("y = "), 4) == HELLO
