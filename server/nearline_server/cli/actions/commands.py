"""`nearline explain`, `refactor`, `fix`, `tests`, `document`, `review` and `ask`: actions without an editor."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import click

from nearline_router.errors import NoEndpoint, RouterError
from nearline_server.actions.edits import applied
from nearline_server.actions.values import Result
from nearline_server.cli.actions.asking import Asked, answered
from nearline_server.cli.actions.diff import coloured, unified
from nearline_server.cli.actions.outcome import harmless, record, summary, written
from nearline_server.cli.actions.source import Source, encoded
from nearline_server.cli.actions.write import create, overwrite
from nearline_server.cli.options import config_option
from nearline_server.cli.ready import open_router
from nearline_server.documents.buffer import well_formed

NO_ENDPOINT = 3  # exit code: no endpoint may answer
CANCELLED = 130  # exit code: 128 and SIGINT, as shells have it

Option = Callable[[Callable[..., None]], Callable[..., None]]

PLACE = click.argument("where", metavar="FILE[:LINE[-LINE]]")
QUESTION = click.argument("instruction", metavar="QUESTION")
PERHAPS_A_PLACE = click.argument("where", metavar="[FILE[:LINE[-LINE]]]", required=False)
INSTRUCTION = click.option("--instruction", metavar="TEXT", default="", help="What you want besides, in your words.")
APPLY = click.option("--apply", "apply", is_flag=True, help="Write the file, if it has not changed meanwhile.")
CREATE = click.option("--apply", "apply", is_flag=True, help="Make the file, if it is not there yet.")
DIFF = click.option("--diff", "diff", is_flag=True, help="Print a unified diff (what happens anyway).")
PIN: Option = click.option("--pin", metavar="ENDPOINT", help="Ask this endpoint and no other.")
JSON: Option = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


def _command(name: str, help_text: str, *options: Option) -> click.Command:
    def command(config: str | None, **given: Any) -> None:
        _act(config, name, **given)

    decorated: Any = click.pass_obj(command)
    for option in reversed((*options, PIN, JSON)):
        decorated = option(decorated)
    return click.command(name, help=help_text)(config_option(decorated))


LINES = "LINEs count from 1; one LINE means the function, class or block around it, none the whole file."

explain = _command("explain", f"Explain code. {LINES}", PLACE, INSTRUCTION)
review = _command("review", f"Review code. {LINES}", PLACE, INSTRUCTION)
refactor = _command("refactor", f"Rewrite code, and print the diff. {LINES}", PLACE, INSTRUCTION, APPLY, DIFF)
document = _command("document", f"Document code, and print the diff. {LINES}", PLACE, INSTRUCTION, APPLY, DIFF)
tests = _command("tests", f"Write tests for code, and print the new file. {LINES}", PLACE, INSTRUCTION, CREATE)
fix = _command(
    "fix",
    "Mend code, and print the diff. --instruction says what is wrong, such as an error message; a Python file that "
    f"does not compile needs none. {LINES}",
    *(PLACE, INSTRUCTION, APPLY, DIFF),
)
ask = _command("ask", f"Ask anything, of a file or of none. {LINES}", QUESTION, PERHAPS_A_PLACE)


def _act(
    config: str | None,
    name: str,
    where: str | None,
    instruction: str,
    pin: str | None,
    as_json: bool,
    apply: bool = False,
    diff: bool = False,
) -> None:
    if apply and diff:
        raise click.UsageError("--apply and --diff exclude each other")
    asked = Asked.of(name, where, instruction, pin)
    result = _result(config, asked, as_json)
    change = _change(asked, result)
    if as_json:
        told = record(result, change.diff if change else None)
        click.echo(well_formed(json.dumps(told, ensure_ascii=False)))
    elif not apply:
        _show(result, change)
    if apply:
        _write(asked, result, change)
    _end(asked, result, change)


def _result(config: str | None, asked: Asked, as_json: bool) -> Result:
    router = open_router(config, asked.workspace)
    router.look_up_prices()
    try:
        return asyncio.run(answered(router, asked, streams=asked.action.output == "text" and not as_json))
    except KeyboardInterrupt:
        click.echo("Cancelled.", err=True)
        sys.exit(CANCELLED)
    except (RouterError, ValueError) as error:
        if as_json:
            click.echo(json.dumps({"error": str(error)}, ensure_ascii=False))
        click.echo(f"Error: {harmless(str(error))}", err=True)
        sys.exit(NO_ENDPOINT if isinstance(error, NoEndpoint) else 1)


@dataclass(frozen=True, slots=True)
class Change:
    """What the file becomes."""

    source: Source
    after: str
    diff: str


def _change(asked: Asked, result: Result) -> Change | None:
    """None where there is no edit that can be applied whole."""
    source, subject = asked.source, asked.subject
    if source is None or subject is None or result.edits is None:
        return None
    after = applied(source.text, [replace(edit, text=well_formed(edit.text)) for edit in result.edits])
    return Change(source, after, unified(subject.path, source.text, after))


def _show(result: Result, change: Change | None) -> None:
    """What is not shown yet; text is, as it came."""
    if change:
        written(change.diff, coloured(harmless(change.diff)))
    elif result.new_file:
        click.echo(f"{harmless(result.new_file[0])}:", err=True)
        written(result.new_file[1])


def _write(asked: Asked, result: Result, change: Change | None) -> None:
    if change and change.diff:
        overwrite(change.source.path, change.source.data, encoded(change.after))
        click.echo(f"{change.source.path} is written.", err=True)
    elif result.new_file:
        path = asked.workspace / result.new_file[0]
        create(path, asked.workspace, well_formed(result.new_file[1]))
        click.echo(f"{path} is made.", err=True)


def _end(asked: Asked, result: Result, change: Change | None) -> None:
    """Say what there is to know of the answer. Exit code 1: what was asked for did not come of it."""
    lacking = asked.action.output != "text" and change is None and result.new_file is None
    for remark in (result.text if lacking else "", result.note, summary(result)):
        if remark:
            click.echo(harmless(remark), err=True)
    sys.exit(1 if lacking else 0)
