"""`nearline route`: where a request would go, and why; nothing is sent and nothing is connected."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from nearline_router.errors import NoEndpoint
from nearline_router.policy.decision import Candidate, Decision
from nearline_router.prices.inversion import inversions
from nearline_router.types import Complexity, RoutingRequest
from nearline_server.cli.options import config_option
from nearline_server.cli.ready import open_router

NO_ENDPOINT = 3  # exit code: no endpoint may answer


@click.command()
@click.option("--task", required=True, help="What is asked for, such as complete, explain or summarize.")
@click.option("--prompt", required=True, metavar="TEXT|-", help="The prompt; - reads standard input.")
@click.option("--complexity", type=click.Choice(["routine", "complex"]), help="Said, where it is not to be guessed.")
@click.option("--budget-ms", type=click.FloatRange(min=0, min_open=True), help="Time to the first content.")
@click.option("--max-output-tokens", type=click.IntRange(min=1), default=256, show_default=True)
@click.option("--sovereign", is_flag=True, help="The prompt must stay with you.")
@click.option("--path", help="The file that the prompt comes from, as the working directory counts it.")
@click.option("--language", help="Its language id, such as python.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@config_option
@click.pass_obj
def route(
    config: str | None,
    task: str,
    prompt: str,
    complexity: Complexity | None,
    budget_ms: float | None,
    max_output_tokens: int,
    sovereign: bool,
    path: str | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Say where a request would go with every local server up. Exit code 3: no endpoint may answer it."""
    workspace = Path.cwd()
    request = RoutingRequest(
        sys.stdin.buffer.read().decode("utf-8", "replace") if prompt == "-" else prompt,
        max_output_tokens,
        requires_data_sovereignty=sovereign,
        latency_budget_ms=budget_ms,
        complexity=complexity,
        task=task,
        path=path,
        language=language,
        workspace=str(workspace),
    )
    router = open_router(config, workspace)
    router.look_up_prices()
    asyncio.run(router.open_workspace(str(workspace)))
    try:
        decision = router.decide(request, assume_ready=True)
    except NoEndpoint as error:
        _refuse(error, as_json)
        sys.exit(NO_ENDPOINT)
    if as_json:
        click.echo(json.dumps(decision.record(), ensure_ascii=False))
    else:
        _show(decision)
        for sentence in inversions((one.profile, one.standing.priced) for one in router.upstreams.values()):
            click.echo(f"\n{sentence}")


def _refuse(error: NoEndpoint, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"error": str(error)}, ensure_ascii=False))
    click.echo(f"Error: {error}", err=True)


def _show(decision: Decision) -> None:
    click.echo(f"{decision.endpoint} ({decision.model or 'the model it has loaded'})")
    click.echo(f"{decision.rationale}\n")
    table = Table("endpoint", "model", "first content", "cost", "excluded", box=None, pad_edge=False)
    for candidate in decision.candidates:
        table.add_row(*_row(candidate))
    Console(highlight=False, markup=False).print(table)


def _row(candidate: Candidate) -> tuple[str, ...]:
    ttft = "" if candidate.predicted_ttft_ms is None else f"{candidate.predicted_ttft_ms:.0f} ms"
    cost = "unknown" if not candidate.excluded else ""
    if candidate.cost_usd is not None:
        cost = f"${candidate.cost_usd:.6f}"
    return candidate.endpoint, candidate.model or "", ttft, cost, candidate.excluded
