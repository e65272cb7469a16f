"""An answer's code, laid out as the text that it is to replace, and the rest of the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nearline_server.actions.answer.asked import asked_part
from nearline_server.actions.answer.choice import of_blocks
from nearline_server.actions.answer.fences import fenced
from nearline_server.actions.answer.layout import is_flat, laid_out
from nearline_server.actions.answer.left_out import leaves_out
from nearline_server.actions.answer.prose import bare
from nearline_server.documents.buffer import content, split_lines, well_formed

_THOUGHT = re.compile(r"\s*<think>(?s:.*?)(?:</think>|(?P<open>\Z))")
_DIFF = re.compile(r"^(?:@@ -\d|--- a/)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Extracted:
    """`code` replaces the original; it is None where none can be told from the rest with certainty.

    `prose` is the rest of the answer. `whole` is False where the code has no end or leaves something out: then it
    must not be applied.
    """

    code: str | None
    prose: str
    whole: bool


def extracted(answer: str, original: str) -> Extracted:
    """Take the code out of an answer, with the indentation, the line ends and the final line end of `original`.

    Where the answer repeats what is around the original, only the original's part is taken, and what it newly needs.
    Without an original the code has LF, one final line end and its own indentation. Never raises.
    """
    text, before = _with_lf(well_formed(answer)), _with_lf(original)
    thought = _THOUGHT.match(text)
    text = text[thought.end() :] if thought else text
    blocks, rest = fenced(text, before)
    whole = not (thought and thought["open"] is not None) and all(block.closed for block in blocks)
    code, prose = of_blocks(blocks, rest, before) if blocks else bare(rest, before)
    if code is None or (_DIFF.search(code) and not _DIFF.search(before)):
        return Extracted(None, text.strip(), whole)
    whole = whole and not leaves_out(code, before)
    if is_flat(code, before):
        return Extracted(None, text.strip(), whole)
    fitted = laid_out(asked_part(code, before), original)
    return Extracted(fitted, text.strip() if fitted is None else prose, whole)


def _with_lf(text: str) -> str:
    return "\n".join(map(content, split_lines(text)))
