"""The language server without one of its techniques: `python without.py TECHNIQUE lsp --stdio …`, as `nearline` else.

Techniques that are settings are switched off by a configuration file (`SETTINGS`), the others by patching the one place
that does them, so that the product has no switch that only a bench uses. One is the engine's (`uncached.py`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

from nearline_router import fim
from nearline_router.fim import Layout, render
from nearline_server.cli.main import main
from nearline_server.completion import completer, gate, generation, memory, trim, warm_up, window
from nearline_server.completion.memory import Found, Memory
from nearline_server.completion.place import Place
from nearline_server.completion.stop import end_of_line

SETTINGS = {
    "deadline": "completion: {budget_ms: 10000}\n",
    "multiline": "completion: {multiline: false}\n",
    "speculation": "completion: {speculation: false}\n",
}
PROMPT_CACHE = "prompt-cache"
ENGINES = {PROMPT_CACHE: "The engine keeps no prompt beside the one in its slot."}
WITHOUT: dict[str, Callable[[], None]] = {}


def without(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """The function switches this technique off."""

    def keep(switch: Callable[[], None]) -> Callable[[], None]:
        WITHOUT[name] = switch
        return switch

    return keep


@without("memory")
def _no_memory() -> None:
    """No type-through and no cache: only a running request is found again."""
    find = Memory.find

    def running_only(self: Memory, place: Place) -> Found | None:
        found = find(self, place)
        return found if found and found.suggestion.running else None

    _set(memory.Memory, find=running_only)


@without("join")
def _no_join() -> None:
    """A key that fits a running request asks anew all the same."""
    _set(generation.Generation, wanted_again=lambda _self, _typed: False)


@without("reading-ahead")
def _no_reading_ahead() -> None:
    """No prompt is read before it is asked for, so that no window grows wide in idle time."""
    _set(warm_up.WarmUp, schedule=lambda _self, _place, _delay_s: None)


@without("text-last")
def _documented_layout() -> None:
    """What is typed stands before the suffix, as documented; healing stays."""
    _patch_render(lambda template, infill: render(template, infill, Layout.DOCUMENTED))


@without("healing")
def _no_healing() -> None:
    """Half a token stays at the end of the prompt."""
    _set(fim, heal=lambda text: (text, ""))


@without("frozen-window")
def _moving_window() -> None:
    """Each key has its own window, which is as wide as the frozen one."""

    def infill(_self: warm_up.WarmUp, place: Place, multiline: bool) -> Any:
        return window.wide_window(place).infill(place, multiline)

    _set(warm_up.WarmUp, infill=infill)


@without("anchor")
def _line_anchor() -> None:
    """The frozen text ends at the cursor's line, and not at the function's body."""
    _set(window, anchor_of=lambda before, _reach: before.rfind("\n") + 1)


@without("refresh")
def _no_refresh() -> None:
    """What came after the deadline is not told; it stands at the next key at the earliest."""
    init = completer.Completer.__init__

    def silent(self: completer.Completer, router: Any, settings: Any, _on_late: Any, *others: Any) -> None:
        init(self, router, settings, lambda _: None, *others)

    _set(completer.Completer, __init__=silent)


@without("early-stop")
def _no_early_stop() -> None:
    """Only a line end stops the model before its limit."""
    _set(generation, stop_at=lambda text, context: None if context.multiline else end_of_line(text, context))


@without("trims")
def _no_trims() -> None:
    """What the model says is shown, up to where it should have stopped."""
    _set(trim, TRIMS=(trim.cut_at_stop, trim.drop_trailing_space))


@without("gate")
def _no_gate() -> None:
    """Every key asks, also within words and behind a deletion."""
    _set(gate, AUTOMATIC=(("nothing_typed", gate.nothing_typed),))


def _patch_render(rendered: Callable[[Any, Any], Any]) -> None:
    from nearline_router.transports import llamacpp

    _set(llamacpp, render=rendered)


def _set(owner: Any, **patches: Any) -> None:
    """Put these in the place of what is there. Raises AttributeError where nothing is, as after a renaming."""
    for name, patch in patches.items():
        getattr(owner, name)
        setattr(owner, name, patch)


if __name__ == "__main__":
    technique = sys.argv.pop(1)
    assert re.fullmatch(r"[a-z-]+", technique)
    if technique not in SETTINGS | ENGINES:
        WITHOUT[technique]()
    main()
