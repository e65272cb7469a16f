"""Secrets taken out of a text: what goes, what is left, and that none of them reaches anybody far away."""

from __future__ import annotations

import contextlib
import random
import textwrap
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearline_router.errors import EndpointUnavailable, NoEndpoint, RouterError
from nearline_router.residency.redaction import LONGEST_BLOCK, redacted, redacted_text
from nearline_router.residency.secrets import find_secret, spans
from nearline_router.types import Chat, Infill, Message, Prompt, RoutingRequest
from tests.router.residency.test_secrets import MIXED, ORDINARY, SECRETS
from tests.router.routers import FAR, NEAR, World, router_in, text
from tests.virtual_time import VirtualLoop

TOKEN = "gh" + "p_" + MIXED[:36]
KEY = "PRIV" + "ATE KEY"
BEGIN, END = f"-----BEGIN RSA {KEY}-----", f"-----END RSA {KEY}-----"
BODY = textwrap.wrap("".join(random.Random(4).choices("ABCDEFabcdef0123456789+/", k=64 * 25)) + "Qm8=", 64)
GONE = "[redacted: private key]"
REDACT = {"residency": {"secrets": "redact"}}


@pytest.mark.parametrize(("kind", "secret"), SECRETS)
def test_a_secret_is_replaced_by_its_kind(kind: str, secret: str) -> None:
    code, count = redacted_text(f"def f():\n    pass\n{secret}\nreturn 1\n")

    assert f"[redacted: {kind}]" in code
    assert code.startswith("def f():\n    pass\n")
    assert code.endswith("\nreturn 1\n")
    assert count >= 1
    assert find_secret(code) is None


@pytest.mark.parametrize("ordinary", ORDINARY)
def test_ordinary_code_is_left_as_it_is(ordinary: str) -> None:
    assert redacted_text(ordinary) == (ordinary, 0)


def test_what_is_around_a_secret_is_left() -> None:
    assert redacted_text(f'token = "{TOKEN}"  # é') == ('token = "[redacted: GitHub token]"  # é', 1)


def test_of_an_address_only_the_password_goes() -> None:
    address = "postgres://app:" + "S3cr0t-9x" + "@db.example.org:5432/app"
    assert redacted_text(address)[0] == "postgres://app:[redacted: password in an address]@db.example.org:5432/app"


def test_secrets_that_overlap_are_one() -> None:
    code, count = redacted_text(f'api_key = "{TOKEN}"')
    assert (code.count("[redacted: "), count) == (1, 1)


def test_each_of_several_is_counted() -> None:
    code, count = redacted_text(f"{TOKEN}\nx = 1\n{TOKEN}\n")
    assert (code, count) == ("[redacted: GitHub token]\nx = 1\n[redacted: GitHub token]\n", 2)


def test_a_secret_that_only_shows_when_another_is_gone_goes_too() -> None:
    token = "do" + "p_v1_" + "0f1e2d3c4b5a6978" * 4
    assert redacted_text(token + token) == ("[redacted: DigitalOcean token]" * 2, 2)


HEADERS = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,3F17F5316E2BAC89\n\n"
BLOCKS = {
    "a file": "\n".join([BEGIN, *BODY, END]),
    "a file with CRLF": "\r\n".join([BEGIN, *BODY, END]),
    "an encrypted one": f"{BEGIN}\n{HEADERS}" + "\n".join([*BODY, END]),
    "a literal": "\\n".join([BEGIN, *BODY, END]),
    "a line of literals each": "\n    ".join(f'"{line}\\n"' for line in [BEGIN, *BODY, END])[1:-3],
    "a comment": "\n# ".join([BEGIN, *BODY, END]),
    "indented": "\n      ".join([BEGIN, *BODY, END]),
    "cut at the end": "\n".join([BEGIN, *BODY]),
    "cut at the end within a line": "\n".join([BEGIN, *BODY])[:-40],
    "cut at the end with headers": f"{BEGIN}\n{HEADERS}" + "\n".join(BODY),
    "a literal cut at the end": "\\n".join([BEGIN, *BODY]),
    "cut at the beginning": "\n".join([*BODY, END]),
    "cut at the beginning within a line": "\n".join([*BODY, END])[30:],
    "a literal cut at the beginning": "\\n".join([*BODY, END]),
    "without dashes before": "\n".join([BEGIN, *BODY, END])[5:],
}


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_of_a_private_key_no_line_is_left(block: str) -> None:
    code, count = redacted_text(f"before = 1\n{block}\n\nafter = 2\n")

    assert not [line for line in BODY if line[:20] in code or line[-4:] in code]
    assert KEY not in code
    assert code.startswith("before = 1\n")
    assert code.endswith("after = 2\n")
    assert count >= 1


def test_between_two_keys_the_code_is_left() -> None:
    block = "\n".join([BEGIN, *BODY, END])
    assert redacted_text(f"{block}\nx = 1\n{block}\n") == (f"{GONE}\nx = 1\n{GONE}\n", 2)


def test_code_that_only_names_a_keys_first_line_keeps_the_rest() -> None:
    code = f'if text.startswith("{BEGIN}"):\n    raise ValueError("no keys here")\n'
    assert redacted_text(code)[0] == f'if text.startswith("{GONE}"):\n    raise ValueError("no keys here")\n'


def test_a_last_line_that_is_too_far_away_ends_no_key() -> None:
    code = "x = 1\n" * LONGEST_BLOCK
    left, _ = redacted_text(f"{BEGIN}\n{code}{END}\n")
    assert left.count("x = 1\n") >= LONGEST_BLOCK - 1


@given(st.lists(st.sampled_from([BEGIN, END, "\n", "\\n", *BODY[:3], "A", '"', "x = 1", TOKEN, "-----", "Key: v"])))
def test_any_text_can_be_redacted_and_then_has_no_secret(pieces: list[str]) -> None:
    code, count = redacted_text("".join(pieces))

    assert find_secret(code) is None
    assert (count > 0) is (find_secret("".join(pieces)) is not None)
    assert redacted_text(code) == (code, 0)


@pytest.mark.parametrize("piece", ["A" * 30 + "\n", "A\n", "A: b\n", "\n", '"', "-----BEGIN ", "\\"])
def test_a_repeated_piece_is_read_to_the_end(piece: str) -> None:
    for code in (f"{BEGIN}{piece * 50_000}", f"{piece * 50_000}{END}"):
        assert find_secret(redacted_text(code)[0]) is None


def test_a_conversation_is_redacted_in_every_part_and_otherwise_the_same() -> None:
    chat = Chat(TOKEN, (Message("user", f"a {TOKEN}", stable=True), Message("assistant", "b")))
    assert redacted(chat) == (
        Chat(
            "[redacted: GitHub token]",
            (Message("user", "a [redacted: GitHub token]", stable=True), Message("assistant", "b")),
        ),
        2,
    )


def test_code_around_a_cursor_is_left_as_it_is() -> None:
    hole = Infill(TOKEN, "", "", "a.py", "python")
    assert redacted(hole) == (hole, 0)


def core(kind: str, secret: str) -> list[str]:
    """What of an example must not be seen."""
    found = [secret[one.start : one.end] for one in spans(secret)]
    return [one.rpartition("@")[0].rpartition(":")[2] if kind == "password in an address" else one for one in found]


def texts(prompt: Prompt) -> str:
    """Everything in a prompt."""
    if isinstance(prompt, Chat):
        return "\n".join([prompt.system, *(message.text for message in prompt.messages)])
    return prompt if isinstance(prompt, str) else f"{prompt.prefix}{prompt.middle}{prompt.suffix}"


def prompts(kind: str, before: str, secret: str, after: str, cut: int) -> Prompt:
    """A prompt of a kind with a secret in it."""
    code = f"{before}\n{secret}\n{after}"
    if kind == "chat":
        return Chat("Be brief.", (Message("user", code, stable=True), Message("user", "Explain this.")))
    if kind == "system":
        return Chat(code, (Message("user", "Explain this."),))
    cut %= len(code)
    return code if kind == "text" else Infill(code[:cut], "", code[cut:], "a.py", "python")


BOTH = {"role": "both", "tier": "frontier"}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(SECRETS),
    st.sampled_from(["chat", "system", "text", "infill"]),
    st.text(max_size=30),
    st.text(max_size=30),
    st.integers(0, 500),
    st.sampled_from([{"far": FAR | BOTH}, {"near": NEAR | BOTH, "far": FAR | BOTH}, {"far": FAR | BOTH, "off": FAR}]),
    st.booleans(),
)
def test_no_secret_reaches_an_endpoint_that_is_not_local(
    example: tuple[str, str], kind: str, before: str, after: str, cut: int, endpoints: dict[str, Any], fails: bool
) -> None:
    """In any prompt, at the first endpoint, a fallback or a hedge; a local one gets the text as it is."""
    prompt = prompts(kind, before, example[1], after, cut)
    loop = VirtualLoop()
    try:
        world = loop.run_until_complete(_lived(prompt, endpoints, fails))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    for profile, scripted in world.made:
        for request in scripted.history:
            if profile.local:
                assert request.prompt == prompt
            else:
                assert not isinstance(request.prompt, Infill)
                assert find_secret(texts(request.prompt)) is None
                assert not [one for one in core(*example) if len(one) >= 8 and one in texts(request.prompt)]


async def _lived(prompt: Prompt, endpoints: dict[str, Any], fails: bool) -> World:
    world = World(lambda profile: [EndpointUnavailable("away")] if fails else [profile.id])
    hedge = {"hedge": {"enabled": True, "after_ms": 50, "max_usd_per_day": 10}}
    router = router_in(world, endpoints=endpoints, routing_policy=hedge, **REDACT)
    for complexity in ("routine", "complex"):
        request = RoutingRequest(prompt, 8, task="ask", complexity=complexity)
        with contextlib.suppress(RouterError):
            await text(router, request)
    await router.aclose()
    return world


async def test_a_conversation_with_a_secret_leaves_without_it() -> None:
    """It is not kept at home, and not refused."""
    world = World()
    router = router_in(world, endpoints={"far": FAR}, **REDACT)
    said = await text(router, RoutingRequest(Chat("", (Message("user", f"why {TOKEN}?"),)), 8))
    await router.aclose()

    assert said == "far"
    assert texts(world.of("far").history[0].prompt) == "\nwhy [redacted: GitHub token]?"


async def test_a_fallback_at_home_gets_the_text_as_it_is() -> None:
    """What was replaced for the first endpoint is not for the second."""
    world = World(lambda profile: [EndpointUnavailable("away")] if profile.id == "far" else ["near"])
    router = router_in(world, endpoints={"near": NEAR, "far": FAR}, **REDACT)
    request = RoutingRequest(f"why {TOKEN}?", 8, complexity="complex")
    said = await text(router, request)
    await router.aclose()

    assert said == "near"
    assert world.of("far").history[0].prompt == "why [redacted: GitHub token]?"
    assert world.of("near").history[0].prompt == request.prompt


async def test_code_to_complete_with_a_secret_stays() -> None:
    """A changed text would be another place, so it is as with `secrets: local`."""
    world = World()
    router = router_in(world, endpoints={"far": FAR | {"role": "both"}}, **REDACT)
    hole = RoutingRequest(Infill(f'key = "{TOKEN}"\n', "", "", "a.py", "python"), 8)
    with pytest.raises(NoEndpoint, match="a GitHub token was found in the text"):
        await text(router, hole)
    await router.aclose()

    assert world.of("far").history == []


async def test_other_reasons_to_stay_hold_as_before() -> None:
    """A redacted text of a file that stays is still of that file."""
    world = World()
    residency = {"secrets": "redact", "paths": ["patients/**"]}
    router = router_in(world, endpoints={"far": FAR}, residency=residency)
    request = RoutingRequest(f"why {TOKEN}?", 8)
    for staying in (replace(request, path="patients/a.py"), replace(request, requires_data_sovereignty=True)):
        with pytest.raises(NoEndpoint):
            await text(router, staying)
    await router.aclose()

    assert world.of("far").history == []


async def test_where_secrets_are_allowed_the_text_leaves_as_it_is() -> None:
    """Unless the request itself asks for it."""
    world = World()
    router = router_in(world, endpoints={"far": FAR}, residency={"secrets": "allow"})
    await text(router, RoutingRequest(TOKEN, 8))
    await text(router, RoutingRequest(TOKEN, 8, redact_secrets=True))
    await router.aclose()

    assert [request.prompt for request in world.of("far").history] == [TOKEN, "[redacted: GitHub token]"]
