"""The bare model: its documented prompt as text, straight to its server, nothing of ours in between."""

from __future__ import annotations

import json
from contextlib import aclosing

import httpx2

from nearline_router.fim import FimTemplate, Layout, render
from nearline_router.types import Infill
from nearline_server.completion.settings import CompletionSettings
from nearline_server.quality.hole import Hole

SETTINGS = CompletionSettings()


class Documented:
    """One model server with a family's own prompt; `http` leads to it."""

    def __init__(self, http: httpx2.AsyncClient, template: FimTemplate) -> None:
        self._http = http
        self._template = template

    async def suggestion(self, hole: Hole) -> str:
        """What it says, greedily, in as many tokens as ours may have, until it ends by itself.

        Of an answer for one line that line is kept, which may follow empty ones, as ours may: a model that is
        not told where to stop goes on, and taking all of it would put it at a disadvantage that nobody has.
        """
        most = SETTINGS.max_block_tokens if hole.multiline else SETTINGS.max_line_tokens
        body = {"prompt": self.prompt(hole), "n_predict": most, "temperature": 0, "stream": True}
        text = ""
        async with self._http.stream("POST", "/completion", json=body) as response:
            response.raise_for_status()
            async with aclosing(response.aiter_lines()) as lines:
                async for line in lines:
                    text += json.loads(line[6:])["content"] if line.startswith("data: ") else ""
                    if not hole.multiline and "\n" in text.lstrip("\n"):
                        break
        return text if hole.multiline else text.lstrip("\n").partition("\n")[0]

    def prompt(self, hole: Hole) -> str:
        """Prefix and suffix as an editor has them, between the family's marks; no path, nothing healed."""
        infill = Infill(hole.before, "", hole.behind_cursor, "", hole.language)
        return render(self._template, infill, Layout.DOCUMENTED, can_force=False).as_text
