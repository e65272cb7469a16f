"""What a checkup of an endpoint means to a person: a finding for each thing worth a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nearline_router.checkup.endpoints import NO_KEY, NOT_RUNNING, Checkup
from nearline_router.checkup.finding import Finding, Level
from nearline_router.checkup.servers import Told, has_model

# A window of fewer tokens has no room for the code around the cursor (the embedded engine's has 4096).
FEWEST_CONTEXT_TOKENS = 2048


def verdicts(checkup: Checkup, budget_ms: float) -> Iterator[Finding]:
    """Everything about one endpoint. `budget_ms`: in which the first content is wanted of one near the user."""
    name = checkup.endpoint
    if checkup.state == "not asked":
        level: Level = "wrong" if checkup.trouble == NO_KEY else "right"
        yield Finding(level, name, f"not asked: {checkup.trouble}")
    elif checkup.state == "fails":
        yield Finding("wrong", name, f"fails: {checkup.trouble}", _remedy(checkup))
    elif checkup.told:
        yield Finding("right", name, _answers(checkup.told))
        yield from _of_model(checkup, checkup.told)
        if checkup.provider == "llamacpp":
            yield _of_speed(checkup, budget_ms)


def key_findings(checkups: Iterable[Checkup]) -> Iterator[Finding]:
    """One for each place that a key comes from, whichever endpoints need it."""
    places = {(one.key, one.key_missing): one.endpoint for one in reversed([*checkups]) if one.key}
    for (place, missing), endpoint in reversed(places.items()):
        if missing:
            yield Finding("doubtful", "key", f"{endpoint}: none in {place}: {missing}", f"set {place}")
        else:
            yield Finding("right", "key", f"{endpoint}: there, from {place}")


def _answers(told: Told) -> str:
    parts = [f"answers in {told.cold_ms:.0f} ms cold, {told.warm_ms:.0f} ms warm"]
    if told.context_tokens:
        parts.append(f"context of {told.context_tokens} tokens")
    if told.loaded is False:
        parts.append("model not loaded yet, the first request does that")
    return ", ".join(parts)


def _of_model(checkup: Checkup, told: Told) -> Iterator[Finding]:
    name, model = checkup.endpoint, checkup.model
    if checkup.provider == "llamacpp" and told.models:
        yield Finding("right", name, f"serves {told.models[0]} ({told.quantization})")
    elif model and told.models is not None:
        yield _of_list(checkup, told.models)
    elif told.refuses:
        yield Finding("doubtful", name, "answers, but has no list of models there", "see whether `host` is right")
    elif model:
        yield Finding("right", name, f"does not tell whether it has {model}")
    if told.quantization.too_coarse:
        text = f"below 4 bit ({told.quantization}): reasoning and instruction following suffer"
        yield Finding("doubtful", name, text, "serve a Q4_K_M file of the model, or a smaller model")
    yield from _of_context(checkup, told)


def _of_list(checkup: Checkup, models: tuple[str, ...]) -> Finding:
    name, model = checkup.endpoint, checkup.model or ""
    if has_model(models, model):
        return Finding("right", name, f"has {model}")
    if checkup.provider == "ollama":
        return Finding("wrong", name, f"has no model {model}", f"ollama pull {model}")
    return Finding("doubtful", name, f"does not list {model}", "compare `model` with the server's list of models")


def _of_context(checkup: Checkup, told: Told) -> Iterator[Finding]:
    given, real = checkup.configured_context_tokens, told.context_tokens
    if real is None:
        return
    if given is not None and given > real:
        text = f"its context is {real} tokens, not {given}"
        yield Finding(
            "doubtful", checkup.endpoint, text, f"set context_tokens to {real}, or start the server with more"
        )
    if checkup.local and real < FEWEST_CONTEXT_TOKENS:
        text = f"a context of {real} tokens is too small for much code around the cursor"
        yield Finding("doubtful", checkup.endpoint, text, f"start the server with {FEWEST_CONTEXT_TOKENS} or more")


def _of_speed(checkup: Checkup, budget_ms: float) -> Finding:
    name, speed = checkup.endpoint, checkup.speed
    if speed is None:
        return Finding(
            "doubtful", name, "its speed could not be measured: busy or very slow", "try again when it rests"
        )
    tokens = speed.affordable_tokens(budget_ms)
    decode = "" if speed.decode_tokens_per_s is None else f", writes {speed.decode_tokens_per_s:.0f}"
    text = f"reads {speed.prefill_tokens_per_s:.0f} tokens/s{decode}"
    if tokens:
        return Finding("right", name, f"{text}: within {budget_ms:g} ms with up to {tokens} tokens that are not cached")
    return Finding("doubtful", name, f"{text}: too slow for {budget_ms:g} ms", "serve a smaller model for completions")


def _remedy(checkup: Checkup) -> str:
    if "key" in checkup.trouble or "credit" in checkup.trouble:
        return f"look at the account, and at {checkup.key}" if checkup.key else "name its key in api_key_env"
    return "start its server, correct `host`, or set `enabled: false`" if checkup.local else "see whether it is up"


def not_running(checkup: Checkup) -> bool:
    """Whether it is the built-in endpoint, which needs the embedded engine."""
    return checkup.trouble == NOT_RUNNING
