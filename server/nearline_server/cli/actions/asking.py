"""One action, asked for by a command: what it is about, and a router that is connected as far as it is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from nearline_router.errors import EndpointStarting
from nearline_router.router import Router
from nearline_server.actions.catalogue import BUILT_IN, find
from nearline_server.actions.context.gather import CONVENTIONS, context_of, read_conventions
from nearline_server.actions.run import run
from nearline_server.actions.run_request import place_request
from nearline_server.actions.values import Action, Context, Result, Subject
from nearline_server.cli.actions.outcome import Progress
from nearline_server.cli.actions.source import Lines, Source
from nearline_server.cli.actions.subject import subject_of, syntax_error
from nearline_server.cli.ready import connected
from nearline_server.staying import stays

# A server that cannot be reached in this time is left to the router.
CONNECT_S = 5.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for. `source` and `subject` are None for a question about no file."""

    action: Action
    source: Source | None
    subject: Subject | None
    instruction: str
    pin: str | None

    @classmethod
    def of(cls, name: str, where: str | None, instruction: str, pin: str | None) -> Asked:
        """A built-in action on FILE[:LINE[-LINE]]. Raises ClickException for what is not there, or not enough."""
        action = find(BUILT_IN, name)
        assert action is not None  # noqa: S101 (every command is a built-in action)
        if where is None:
            return cls(action, None, None, instruction, pin)
        lines = Lines.named(where)
        source = Source.read(lines.path)
        problem = syntax_error(source) if action.needs_diagnostics else None
        if problem and lines.first is None:
            lines = Lines(lines.path, problem.span.start[0] + 1)
        subject = subject_of(source, lines, (problem,) if problem else ())
        if action.needs_diagnostics and not (subject.diagnostics or instruction):
            raise click.ClickException("no problem is known there: say what is wrong with --instruction")
        return cls(action, source, subject, instruction, pin)

    @property
    def workspace(self) -> Path:
        """The folder whose rules count."""
        return self.source.workspace if self.source else Path.cwd()

    @property
    def label(self) -> str:
        """What is going on, for a person."""
        title = self.action.title.rstrip("….")
        return f"{title}: {self.subject.path} ({self.subject.chosen})" if self.subject else title


async def answered(router: Router, asked: Asked, streams: bool) -> Result:
    """What a model makes of it; `streams`: its text is shown as it comes.

    Raises RouterError, and ValueError with a sentence for what is too long to be asked about. Closes the router.
    """
    try:
        with Progress(asked.label, streams) as progress:
            context = await _prepared(router, asked)
            try:
                return await _run(router, asked, context, progress.piece)
            except EndpointStarting:
                if progress.came:
                    raise
                await connected(router)  # an engine, since nobody else may answer: it is started only now
                return await _run(router, asked, context, progress.piece)
    finally:
        await router.aclose()


async def _run(router: Router, asked: Asked, context: Context, on_text: Callable[[str], None]) -> Result:
    return await run(router, asked.action, asked.subject, context, asked.instruction, (), on_text, asked.pin)


async def _prepared(router: Router, asked: Asked) -> Context:
    """Local servers are looked for, and the rules of the workspace are read."""
    servers = [one.endpoint for one in router.upstreams.values() if one.profile.local and one.profile.host]
    begun = [asyncio.create_task(server.begin()) for server in servers]
    context = Context()
    if asked.subject:
        await router.open_workspace(str(asked.workspace))
        may_go = _conventions_may_go(router, asked.subject, asked.workspace)
        conventions = await asyncio.to_thread(read_conventions, asked.workspace) if may_go else ""
        context = await asyncio.to_thread(context_of, asked.subject, (), conventions)
    if begun:
        await asyncio.wait(begun, timeout=CONNECT_S)
    return context


def _conventions_may_go(router: Router, subject: Subject, workspace: Path) -> bool:
    """Whether the project's own rules may go where the subject's text may."""
    folder = str(workspace)
    if stays(router, place_request(subject.file or subject.path, subject.language, folder)):
        return True
    return not any(stays(router, place_request(str(workspace / name), None, folder)) for name in CONVENTIONS)
