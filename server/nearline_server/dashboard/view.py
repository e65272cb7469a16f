"""What the page shows, in the words and figures that it shows it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, NamedTuple

from nearline_server.dashboard.figures import ms, per_second, percentile, share, usd
from nearline_server.dashboard.stages import Answers, answers
from nearline_server.dashboard.today import Spent
from nearline_server.dashboard.watch import Now


class Tile(NamedTuple):
    """One figure with its name above and a remark below."""

    label: str
    value: str
    note: str


class Mark(NamedTuple):
    """A state in words, and how it is: `good`, `fair` or `bad`, which a sign beside it says too."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class EndpointView:
    """One endpoint in one window."""

    name: str
    model: str
    where: str
    ready: Mark
    breaker: Mark
    heat: Mark
    in_flight: int
    reads: str
    writes: str
    ttft: str
    spent: str


@dataclass(frozen=True, slots=True)
class WindowView:
    """One editor window. `last` is what its router says of its last request, None before the first.

    `answers` is where the time of its newest answers went, None before the first one.
    """

    title: str
    folder: str
    pid: int
    completing: str
    endpoints: tuple[EndpointView, ...]
    last: Mapping[str, Any] | None
    answers: Answers | None
    trouble: str


def tiles(now: Now) -> tuple[Tile, ...]:
    """The figures at the top."""
    spent = now.today.spent
    count, near = sum(one.attempts for one in spent), sum(one.attempts for one in spent if one.local)
    recent = [us / 1000 for times in now.today.latencies_us.values() for us in times]
    flying = sum(int(endpoint.get("in_flight", 0)) for one in now.windows for endpoint in _endpoints(one).values())
    windows = f"{len(now.windows)} editor window{'' if len(now.windows) == 1 else 's'}"
    return (
        _spent_tile(spent),
        Tile("Attempts today", f"{count:,}", f"{share(near, count)} of them local" if count else "none yet"),
        Tile(
            "First content",
            ms(percentile(recent, 0.5)),
            f"half of {len(recent):,} in 15 minutes; 95% within {ms(percentile(recent, 0.95))}" if recent
            else "nothing was asked for 15 minutes",
        ),
        Tile("In flight", str(flying), f"queues included, {windows}"),
        _engine_tile(now),
    )  # fmt: skip


def _spent_tile(spent: Sequence[Spent]) -> Tile:
    cloud = sum(one.marginal_nano for one in spent if not one.local)
    unpriced = sum(one.unpriced for one in spent if not one.local)
    note = f"{usd(sum(one.full_nano for one in spent))} in full, your machines included"
    return Tile(
        "Spent in the cloud today", usd(cloud), note + (f"; {unpriced:,} at unknown prices" if unpriced else "")
    )


def _engine_tile(now: Now) -> Tile:
    if not now.engines:
        return Tile("Embedded engine", "off", "the first completion starts it if nobody else can answer")
    models = ", ".join(PurePath(engine.model).name for engine in now.engines)
    return Tile("Embedded engine", "on", models)


def windows(now: Now) -> tuple[WindowView, ...]:
    """Each editor window, the oldest first. What a process of another version does not say is left out."""
    spent = {one.endpoint: one for one in now.today.spent}
    return tuple(_window(one, spent) for one in now.windows)


def _window(window: Mapping[str, Any], spent: Mapping[str, Spent]) -> WindowView:
    folder = str(window.get("folder", ""))
    return WindowView(
        title=PurePath(folder).name or folder or "a window",
        folder=folder,
        pid=int(window.get("pid", 0)),
        completing=window.get("completing") or "nobody",
        endpoints=tuple(_endpoint(name, one, spent.get(name)) for name, one in _endpoints(window).items()),
        last=window.get("last"),
        answers=answers(window.get("answers")),
        trouble=str(window.get("ledger_trouble") or ""),
    )


def _endpoints(window: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    found = window.get("endpoints")
    return found if isinstance(found, Mapping) else {}


def _endpoint(name: str, one: Mapping[str, Any], spent: Spent | None) -> EndpointView:
    ready, trouble = bool(one.get("ready")), str(one.get("trouble") or "")
    return EndpointView(
        name=name,
        model=str(one.get("model") or ""),
        where="local" if one.get("local") else "cloud",
        ready=Mark(
            ("yes" if ready else "no") + (f": {trouble}" if trouble else ""),
            "good" if ready and not trouble else "fair",
        ),
        breaker=_breaker(one),
        heat=_heat(one),
        in_flight=int(one.get("in_flight", 0)),
        reads=per_second(one.get("prefill_tokens_per_s")),
        writes=per_second(one.get("decode_tokens_per_s")),
        ttft=ms(one.get("ttft_ms")),
        spent=usd(spent.marginal_nano) if spent else usd(0),
    )


def _breaker(one: Mapping[str, Any]) -> Mark:
    state, open_for_s = str(one.get("breaker") or "closed").replace("_", " "), float(one.get("open_for_s") or 0.0)
    if one.get("needs_attention"):
        return Mark(f"{state}, needs you", "bad")
    kind = {"closed": "good", "half open": "fair"}.get(state, "bad")
    return Mark(f"{state} for {open_for_s:.0f} s" if open_for_s else state, kind)


def _heat(one: Mapping[str, Any]) -> Mark:
    level, reason = str(one.get("heat") or "cool").replace("_", " "), one.get("heat_reason")
    kind = {"cool": "good", "warm": "fair"}.get(level, "bad")
    return Mark(f"{level}: {reason}" if reason else level, kind)
