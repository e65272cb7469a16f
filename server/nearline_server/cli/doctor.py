"""`nearline doctor`: what works, what does not, and what to do about it."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import click

from nearline_router.checkup.examination import Examined, examination
from nearline_router.checkup.finding import Finding
from nearline_server.cli.options import config_option
from nearline_server.cli.ready import layers

MARKS = {"right": ("✓", "green"), "doubtful": ("!", "yellow"), "wrong": ("✗", "red")}
# Who waits longer than this is told for what.
PATIENCE_S = 1.0


@click.command()
@click.option("--offline", is_flag=True, help="Ask local endpoints only.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--tune", is_flag=True, help="Measure which settings of llama.cpp are the fastest here, and keep them.")
@click.option("--forget", is_flag=True, help="With --tune: back to llama.cpp's own settings.")
@config_option
@click.pass_obj
def doctor(config: str | None, offline: bool, as_json: bool, tune: bool, forget: bool) -> None:
    """Check everything once. Exit code 1: something that is needed or configured does not work.

    --tune checks nothing, and takes some three minutes: typing is timed with one setting of the embedded engine after
    the other, and those that make it faster are stored. The shared engine is ended for it; the next keystroke starts
    it with what was found.
    """
    if forget and not tune:
        raise click.UsageError("--forget goes with --tune")
    if tune:
        from nearline_server.cli.doctor_tune import forget_tuning, run_tuning

        (forget_tuning if forget else run_tuning)(config, as_json)
        return
    examined = asyncio.run(_examined(config, offline))
    if as_json:
        click.echo(json.dumps(examined.record(), ensure_ascii=False))
    else:
        for finding in examined.findings:
            _show(finding)
    sys.exit(0 if examined.well else 1)


async def _examined(config: str | None, offline: bool) -> Examined:
    user, workspace = Path(config) if config else None, Path.cwd()
    loaded = await asyncio.to_thread(layers, config, workspace)
    task = asyncio.create_task(examination(loaded, user, workspace, offline=offline))
    await asyncio.wait([task], timeout=PATIENCE_S)
    if not task.done():
        click.echo("Asking endpoints; the slowest has a few seconds …", err=True)
    return await task


def _show(finding: Finding) -> None:
    mark, colour = MARKS[finding.level]
    click.echo(f"{click.style(mark, fg=colour)} {finding.subject}: {finding.text}")
    if finding.hint:
        click.echo(f"    → {finding.hint}")


if sys.platform == "win32":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
