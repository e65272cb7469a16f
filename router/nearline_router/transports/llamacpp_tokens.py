"""Text to token ids by the server's own tokenizer, with the parts that do not change remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from nearline_router.errors import EndpointMalformed, EndpointRefused
from nearline_router.fim import Control, Segment

# Paths, frozen prefixes and suffixes of the documents in use; a typed middle is new each time and soon falls out.
REMEMBERED = 64

Post = Callable[[str, dict[str, Any]], Awaitable[Any]]


class Tokenizer:
    """Encodes segments: control tokens by name, user text as text whatever it says."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._controls: dict[str, int] = {}
        self._begin: list[int] | None = None
        self._texts: OrderedDict[str, list[int]] = OrderedDict()

    async def encode(self, segments: Iterable[Segment]) -> list[int]:
        """Token ids of the whole prompt, with the model's own beginning token if it has one."""
        if self._begin is None:
            self._begin = await self._tokenize("", add_special=True)
        ids = list(self._begin)
        for segment in segments:
            if isinstance(segment, Control):
                ids.append(await self._control(segment.text))
            else:
                ids += await self._text(segment)
        return ids

    async def _control(self, text: str) -> int:
        if text not in self._controls:
            ids = await self._tokenize(text, parse_special=True)
            if len(ids) != 1:
                raise EndpointRefused(f"the model has no token {text}: it is not of the family its name says")
            self._controls[text] = ids[0]
        return self._controls[text]

    async def _text(self, text: str) -> list[int]:
        if not text:
            return []
        if text in self._texts:
            self._texts.move_to_end(text)
            return self._texts[text]
        ids = await self._tokenize(text)
        self._texts[text] = ids
        if len(self._texts) > REMEMBERED:
            self._texts.popitem(last=False)
        return ids

    async def _tokenize(self, text: str, *, add_special: bool = False, parse_special: bool = False) -> list[int]:
        body = {"content": text, "add_special": add_special, "parse_special": parse_special}
        answer = await self._post("/tokenize", body)
        ids = answer.get("tokens") if isinstance(answer, dict) else None
        if not isinstance(ids, list):
            raise EndpointMalformed("the answer to /tokenize is not llama.cpp's")
        return ids
