"""The `nearline` command: each subcommand lives in a module of its own, imported only when it is called."""

from __future__ import annotations

import importlib
import os

import click

from nearline_server.cli.options import config_option, user_config

# name -> (module, attribute, one line of help); importing a module costs start-up time, so help lives here.
COMMANDS = {
    "lsp": ("nearline_server.cli.lsp", "lsp", "Run the language server (editors start this)."),
    "demo": ("nearline_server.cli.demo", "demo", "Type a real file at human pace and show the ghost text."),
    "bench": ("nearline_server.cli.bench", "bench", "Replay real editing: what completion saves and costs here."),
    "complete": ("nearline_server.cli.complete", "complete", "Complete FILE:LINE:COL once."),
    "explain": ("nearline_server.cli.actions.commands", "explain", "Explain code."),
    "refactor": ("nearline_server.cli.actions.commands", "refactor", "Rewrite code: a diff, or --apply."),
    "fix": ("nearline_server.cli.actions.commands", "fix", "Mend code: a diff, or --apply."),
    "tests": ("nearline_server.cli.actions.commands", "tests", "Write tests for code, in a new file."),
    "document": ("nearline_server.cli.actions.commands", "document", "Document code: a diff, or --apply."),
    "review": ("nearline_server.cli.actions.commands", "review", "Review code."),
    "ask": ("nearline_server.cli.actions.commands", "ask", "Ask anything, of a file or of none."),
    "route": ("nearline_server.cli.route", "route", "Say where a request would go, and why; sends nothing."),
    "status": ("nearline_server.cli.status", "status", "Show what every editor window and the engine are doing."),
    "dashboard": ("nearline_server.cli.dashboard", "dashboard", "Show all that in a browser, live, on loopback."),
    "egress": ("nearline_server.cli.egress", "egress", "Show what left for whom, and why it was allowed."),
    "report": ("nearline_server.cli.report", "report", "Report a month's costs, speed and what came of it."),
    "ledger": ("nearline_server.cli.ledger", "ledger", "Prune, export or forget the record behind reports."),
    "reconcile": ("nearline_server.cli.reconcile", "reconcile", "Compare a provider's usage export with the ledger."),
    "replay": ("nearline_server.cli.replay", "replay", "Decide recorded requests again under another configuration."),
    "doctor": ("nearline_server.cli.doctor", "doctor", "Check configuration, keys, endpoints, engine and sensors."),
    "trust": ("nearline_server.cli.trust", "trust", "Let a folder's own nearline.yaml count in full."),
    "setup": ("nearline_server.cli.setup", "setup", "Connect an editor: neovim or vscode; --print only shows how."),
    "engine": ("nearline_server.cli.engine", "engine", "Host the embedded llama.cpp, or see and stop it."),
    "model": ("nearline_server.cli.model", "model", "List, pull, verify, check and remove models."),
}


class LazyGroup(click.Group):
    """A group that imports a subcommand only when it is called; `nearline lsp` must start fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command behind a name, or None for an unknown one."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help table, made without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nearline")
@config_option
@click.pass_context
def main(ctx: click.Context) -> None:
    """Inline completion from the nearest capable model."""
    ctx.obj = ctx.obj or os.environ.get("NEARLINE_CONFIG") or user_config()
