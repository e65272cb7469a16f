"""How much of a prompt is sent to whom, and what holds it at home."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nearline_router.errors import NoEndpoint
from nearline_router.tokens.learned import DEFAULT_TOKENS_PER_CHARACTER
from nearline_router.tokens.text import characters
from nearline_server.actions.run_request import LOCAL_CONTEXT_TOKENS, MARGIN, diff_paths
from nearline_server.actions.values import Action, Span, Subject
from tests.router.routers import FAR, NEAR, World, router_in

from .asked import SUBJECT, action, answered

LONG = "".join(f"value_{number} = {number}\n" for number in range(20_000))
IN_LONG = replace(SUBJECT, text=LONG, span=Span((10_000, 0), (10_001, 0)))
DIFF = """\
diff --git a/app/sums.py b/app/sums.py
--- a/app/sums.py
+++ b/app/sums.py
@@ -1 +1 @@
-a
+b
"""


def sent_tokens(world: World, name: str) -> float:
    """The size of the one prompt that an endpoint was sent, as nothing but its characters tell."""
    (request,) = world.of(name).history
    return characters(request.prompt) * DEFAULT_TOKENS_PER_CHARACTER


def room(context_tokens: int, asked: Action) -> float:
    """What a prompt may take of a context."""
    return context_tokens * (1 - MARGIN) - asked.max_output_tokens


@pytest.mark.parametrize(("context_tokens", "expected"), [(None, LOCAL_CONTEXT_TOKENS), (4_000, 4_000)])
async def test_a_prompt_fits_the_context_of_who_will_answer(context_tokens: int | None, expected: int) -> None:
    """And uses most of it when there is so much to say."""
    world = World()
    router = router_in(world, endpoints={"near": {**NEAR, "context_tokens": context_tokens}})
    await answered(router, "explain", IN_LONG)
    most = room(expected, action("explain"))

    assert most / 2 < sent_tokens(world, "near") <= most


async def test_a_larger_context_gets_more() -> None:
    """The frontier sees more of the file than a local model."""
    world = World()
    router = router_in(world, endpoints={"near": NEAR, "far": {**FAR, "context_tokens": 100_000}})
    await answered(router, "explain", IN_LONG)

    assert sent_tokens(world, "far") > 2 * LOCAL_CONTEXT_TOKENS


async def test_what_is_too_long_for_the_first_goes_to_the_next() -> None:
    """A selection is never cut; a larger context may take it."""
    world = World()
    small, large = {**FAR, "context_tokens": 8_000, "cost_per_mtok": 0.1}, {**FAR, "context_tokens": 900_000}
    router = router_in(world, endpoints={"small": small, "large": large})
    subject = replace(IN_LONG, span=Span((0, 0), (4_000, 0)))

    assert (await answered(router, "explain", subject)).endpoint == "large"


async def test_what_is_too_long_for_everybody_is_one_sentence() -> None:
    """Before anything is sent."""
    world = World()
    router = router_in(world, endpoints={"near": NEAR})
    with pytest.raises(NoEndpoint, match="select less"):
        await answered(router, "explain", replace(IN_LONG, span=Span((0, 0), (19_999, 0))))

    assert world.of("near").history == []


async def test_a_secret_far_from_the_subject_shrinks_the_prompt_to_what_is_at_home() -> None:
    """A prompt made for the frontier would not fit the small model that has to answer then."""
    world = World()
    local = {**NEAR, "context_tokens": 6_000}
    router = router_in(world, endpoints={"near": local, "far": {**FAR, "context_tokens": 200_000}})
    lines = LONG.split("\n")
    lines[9_000] = "KEY = '" + "AKIA" + "IOSFODNN7" + "REALKEY'"
    result = await answered(router, "explain", replace(IN_LONG, text="\n".join(lines)))

    assert (result.endpoint, world.of("far").history) == ("near", [])
    assert sent_tokens(world, "near") <= room(6_000, action("explain"))


def diff_of(text: str, workspace: str | None) -> Subject:
    """A diff as a subject."""
    lines = text.split("\n")
    span = Span((0, 0), (len(lines) - 1, len(lines[-1])))
    return Subject("", "", None, "diff", 0, text, span, "document", workspace=workspace)


async def test_a_diff_goes_where_all_of_its_files_may_go(tmp_path: Path) -> None:
    """It has their text."""
    world = World()
    router = router_in(world, endpoints={"near": NEAR, "far": FAR}, residency={"paths": ["secret/**"]})
    await router.open_workspace(str(tmp_path))
    held = DIFF + DIFF.replace("app/", "secret/")

    assert (await answered(router, "review", diff_of(DIFF, str(tmp_path)))).endpoint == "far"
    assert (await answered(router, "review", diff_of(held, str(tmp_path)))).endpoint == "near"
    assert len(world.of("far").history) == 1


async def test_a_commit_message_is_routine_and_takes_long_diffs() -> None:
    """Of which the end is cut."""
    world = World()
    router = router_in(world, endpoints={"near": NEAR})
    long = DIFF + "+x\n" * 40_000

    assert (await answered(router, "commit-message", diff_of(long, None))).text == "near"


@pytest.mark.parametrize(
    ("header", "path"),
    [
        ("--- a/app/x.py", "app/x.py"),
        ("+++ b/with space.py\t", "with space.py"),
        ("+++ w/x.py\t2026-01-01", "x.py"),
        ("--- plain/x.py", "plain/x.py"),
        ("rename from old name.py", "old name.py"),
        ('+++ "b/caf\\303\\251.py"', "café.py"),
        ("+++ b/x.py\r", "x.py"),
        # With core.quotePath=false only what must be is escaped.
        ('+++ "b/caf\u00e9/a\\"b.py"', 'caf\u00e9/a"b.py'),
        ('+++ "b/a\\""', 'a"'),
    ],
)
def test_the_files_of_a_diff_are_found(header: str, path: str) -> None:
    """In all ways git writes them."""
    assert path in diff_paths(f"{header}\n@@ -1 +1 @@\n")


@pytest.mark.parametrize("line", ['-- "C:\\"', '-- "\\x"', '-- "\\u0101"'])
def test_a_removed_comment_that_looks_like_a_header_is_no_trouble(line: str) -> None:
    """In Lua, SQL and Haskell it does when it is removed."""
    assert line.removeprefix("-- ") in diff_paths(f"--- a/x.lua\n+++ b/x.lua\n@@ -1 +0,0 @@\n-{line}\n")


async def test_the_embedded_engine_has_the_context_that_it_is_started_with() -> None:
    """Not what other local servers commonly have."""
    world = World()
    values: dict[str, Any] = {"engine": {"enabled": True, "discover": False, "context_tokens": 5_000}}
    router = router_in(world, **values)
    result = await answered(router, "explain", IN_LONG)

    assert sent_tokens(world, result.endpoint) <= room(5_000, action("explain"))
