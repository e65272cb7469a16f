"""`nearline lsp`: what editors start."""

from __future__ import annotations

import click

from nearline_server.cli.options import config_option


@click.command()
@click.option("--stdio", is_flag=True, help="Speak on standard input and output (the default).")
@click.option("--tcp", type=click.IntRange(1, 65535), metavar="PORT", help="Listen on a loopback port, to debug.")
@config_option
@click.pass_obj
def lsp(config: str | None, stdio: bool, tcp: int | None) -> None:
    """Run the language server."""
    from nearline_server.lsp.start import serve_stdio, serve_tcp

    if stdio and tcp:
        raise click.UsageError("--stdio and --tcp exclude each other")
    if tcp:
        serve_tcp(config, tcp)
    else:
        serve_stdio(config)
