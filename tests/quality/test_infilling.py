"""Quality of the pipeline against the model's documented prompt: same model, same tasks, same run."""

from __future__ import annotations

import pytest

from nearline_router.fim import FimTemplate, Layout, Rendered, render, template_for
from nearline_router.router import Router
from nearline_router.transports import llamacpp
from nearline_router.types import Infill, RoutingRequest
from nearline_server.completion.completer import Completer
from nearline_server.completion.settings import CompletionSettings
from tests.quality.humaneval import Task, tasks
from tests.quality.places import place_at

COUNT, SEED = 30, 11
FAST_TOKENS_PER_S = 1e6
PATIENT = CompletionSettings(budget_ms=60_000)


@pytest.mark.timeout(580)
async def test_the_pipeline_beats_the_documented_prompt(router: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    """More lines are completed exactly, cursor anywhere in the line, first line kept."""
    ours = documented = 0
    for task in tasks(COUNT, SEED):
        # One after the other on the same task: what they share of the prompt is read once.
        ours += await _ours(router, task) == task.target.rstrip()
        with monkeypatch.context() as patch:
            patch.setattr(llamacpp, "render", _documented_prompt)
            documented += await _documented(router, task) == task.target.rstrip()
    print(f"exact match of {COUNT}: ours {ours / COUNT:.2f}, documented {documented / COUNT:.2f}")

    assert ours > documented


def test_the_documented_prompt_is_the_one_the_model_was_trained_with() -> None:
    """Prefix, suffix, middle; nothing healed."""
    template = template_for("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf")
    assert template is not None
    infill = Infill("a = ", "b", "\nc", "", "python")

    text = render(template, infill, Layout.DOCUMENTED, can_force=False).as_text

    assert text == "<|fim_prefix|>a = b<|fim_suffix|>\nc<|fim_middle|>"


def _documented_prompt(template: FimTemplate, infill: Infill) -> Rendered:
    return render(template, infill, Layout.DOCUMENTED, can_force=False)


async def _ours(router: Router, task: Task) -> str:
    router.speed.prefill_tokens_per_s = FAST_TOKENS_PER_S
    completer = Completer(router, PATIENT)
    place = place_at(f"{task.name.replace('/', '_')}.py", "python", task.before, task.after)
    answer = await completer.complete(place, last_change="insert")
    await completer.aclose()
    return answer.text.rstrip()


async def _documented(router: Router, task: Task) -> str:
    infill = Infill(task.before, "", task.after, "", "python")
    request = RoutingRequest(infill, max_output_tokens=PATIENT.max_line_tokens)
    text = "".join([chunk.text async for chunk in router.stream(request)])
    return text.partition("\n")[0].rstrip()
