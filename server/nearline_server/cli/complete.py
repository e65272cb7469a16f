"""`nearline complete FILE:LINE:COL`: one completion through the server's own pipeline, and where its time went."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import click

from nearline_server.cli.options import config_option
from nearline_server.cli.ready import connected, open_router
from nearline_server.completion.completer import Completer
from nearline_server.completion.place import Place
from nearline_server.completion.settings import CompletionSettings
from nearline_server.documents.buffer import Buffer, content
from nearline_server.documents.document import Document
from nearline_server.documents.languages import language_of

# Nobody types here: the answer may take what it takes to be whole.
BUDGET_MS = 30_000.0


@click.command()
@click.argument("where", metavar="FILE:LINE:COL")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@config_option
@click.pass_obj
def complete(config: str | None, where: str, as_json: bool) -> None:
    """Complete FILE at LINE and COL, both counted from 1, and print the text."""
    result = asyncio.run(_complete(config, _place(where)))
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    click.echo(result["text"])
    why = f" ({result['reason']})" if result["reason"] else ""
    ttft = "none" if result["ttft_ms"] is None else f"{result['ttft_ms']:.0f} ms"
    click.echo(
        f"[{result['endpoint']}, {result['model']}: {result['found']}{why}, first text after {ttft}, "
        f"all after {result['total_ms']:.0f} ms, {result['evaluated_tokens']} prompt tokens read anew, "
        f"{result['cached_tokens']} from the cache]",
        err=True,
    )


def _place(where: str) -> Place:
    match = re.fullmatch(r"(.+):(\d+):(\d+)", where, re.DOTALL)
    if not match:
        raise click.UsageError(f"{where!r} is not FILE:LINE:COL, such as main.py:12:5")
    path, line, column = Path(match[1]), int(match[2]) - 1, int(match[3]) - 1
    try:
        # Line ends are kept as they are: columns and the model's view depend on them.
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error
    buffer = Buffer(text)
    if not 0 <= line < buffer.line_count:
        raise click.ClickException(f"{path} has lines 1 to {buffer.line_count}, not {line + 1}")
    length = len(content(buffer.line(line)))
    if not 0 <= column <= length:
        raise click.ClickException(f"line {line + 1} of {path} has columns 1 to {length + 1}, not {column + 1}")
    root = Path.cwd().as_uri()
    return Document(path.resolve().as_uri(), language_of(path.name), 0, buffer).place(line, column, root)


async def _complete(config: str | None, place: Place) -> dict[str, Any]:
    folder = Path.cwd()
    router = open_router(config, folder)
    completer = Completer(
        router, CompletionSettings(budget_ms=BUDGET_MS, invoked_budget_ms=BUDGET_MS, speculation=False)
    )
    completer.folders = (folder,)
    try:
        await router.open_workspace(str(folder))
        await connected(router)
        answer = await completer.complete(place, invoked=True)
        completing = router.completing.id if router.completing else None
        shown = {"text": answer.text, "endpoint": completing, "model": router.status.model}
        return shown | answer.record()
    finally:
        await completer.aclose()
        await router.aclose()
