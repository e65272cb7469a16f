"""The language server with one more command, `bench.asked`: the tokens of each request, which only it can count.

A row is [prompt tokens read anew, tokens decoded until there was text to show, tokens decoded until its first line was
whole or None]. Requests that ended without text to show have none, and those that no key asked for.
"""

from __future__ import annotations

from nearline_router.types import Chunk
from nearline_server.cli.main import main
from nearline_server.completion import completer
from nearline_server.completion.generation import Generation
from nearline_server.lsp import commands
from nearline_server.lsp.server import NearlineServer
from nearline_server.replay.score import first_line

ASKED = "bench.asked"
Row = tuple[int, int, int | None]
_rows: list[Row] = []
_register = commands.register


class CountedGeneration(Generation):
    """Notes the engine's own count at both moments; it changes nothing."""

    until_shown: int | None = None
    until_line: int | None = None

    async def _run(self) -> None:
        try:
            await super()._run()
        finally:
            if self.until_shown is None and self.suggestion.visible:
                self.until_shown = self.until_line
            evaluated = self.usage.evaluated_tokens if self.usage else None
            if self._request.task == "complete" and evaluated is not None and self.until_shown is not None:
                _rows.append((evaluated, self.until_shown, self.until_line))

    def _take(self, chunk: Chunk) -> bool:
        over = super()._take(chunk)
        decoded = chunk.usage.output_tokens if chunk.usage else None
        if self.until_shown is None and self.suggestion.visible:
            self.until_shown = decoded
        if self.until_line is None and self._line_is_whole(over or chunk.finish is not None):
            self.until_line = decoded
        return over

    def _line_is_whole(self, ended: bool) -> bool:
        raw = self.suggestion.raw
        left = self._unwanted or self.astray
        return first_line(raw) != raw or (ended and not left)


def register(server: NearlineServer) -> None:
    """The server's own commands, and this one."""
    _register(server)

    @server.command(ASKED)
    def asked() -> list[Row]:
        return _rows


if __name__ == "__main__":
    commands.register = register
    completer.Generation = CountedGeneration  # type: ignore[attr-defined]
    main()
