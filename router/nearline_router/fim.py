"""A hole in a text as a prompt: where the growing text stands, and what the engine must say first."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nearline_router.fim_table import FAMILIES, Control, FimTemplate, Layout, template_for
from nearline_router.types import Infill

__all__ = [
    "FAMILIES",
    "Control",
    "FimTemplate",
    "Layout",
    "Rendered",
    "Segment",
    "first_output_grammar",
    "heal",
    "render",
    "takes_context",
    "template_for",
]

# A plain str is user text: whatever it says, it is never read as control tokens.
Segment = Control | str

# Only this much of the line before the cursor is looked at, so that a line of a megabyte costs nothing.
SCANNED_CHARS = 200
# A longer last piece is a run (of dots, of base64) whose boundary is anybody's guess.
LONGEST_CUT_CHARS = 24

# The pre-tokenizer of Qwen2 (tokenizer.json, "pre_tokenizer"), a descendant of GPT-2's, in the words of `re`:
# [^\W\d_] for \p{L}, \d for \p{N}. Its line-end alternatives are left out: it is given one line.
_PIECES = re.compile(
    r"'(?i:s|t|re|ve|m|ll|d)"
    r"|(?:[^\w\r\n]|_)?[^\W\d_]+"
    r"|\d"
    r"| ?(?:[^\w\s]|_)+"
    r"|\s+(?!\S)"
    r"|\s+"
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt in pieces. `forced` is what token healing cut off: the engine must produce it first, and the
    transport takes it off the answer; "" when nothing is forced.
    """

    segments: tuple[Segment, ...]
    forced: str

    @property
    def as_text(self) -> str:
        """The prompt for a server that takes text only; it reads control tokens inside user text as such."""
        return "".join(str(segment) for segment in self.segments)


def render(template: FimTemplate, infill: Infill, layout: Layout | None = None, can_force: bool = True) -> Rendered:
    """The prompt in the family's own layout, or in `layout`; `can_force` is whether the engine can be
    constrained.

    Healing is the other half of growing text last: a model has never seen half a token after the middle token
    (exact match 0.04 without, 0.68 with, for a cursor inside a line). So an engine that cannot force gets the
    documented layout.
    """
    wanted = layout or template.default_layout
    # With an empty middle, as with a suffix that comes first, the documented layout is the same one.
    growing_last = wanted is Layout.GROWING_TEXT_LAST and infill.middle and not template.suffix_first
    if growing_last and can_force:
        kept, cut = heal(infill.middle)
        return Rendered(_files(template, infill) + _in_order(template, infill.prefix, infill.suffix, kept), cut)
    before = infill.prefix + infill.middle
    kept, cut = heal(before) if can_force else (before, "")
    return Rendered(_files(template, infill) + _in_order(template, kept, infill.suffix, ""), cut)


def takes_context(model_name: str) -> bool:
    """Whether `render` puts pieces of other files into the prompts of a model of this name."""
    template = template_for(model_name)
    return template is not None and template.names_file


def _files(template: FimTemplate, infill: Infill) -> tuple[Segment, ...]:
    """Other files, then this one's path, from which the model sees language and purpose, in the family's own form."""
    if not (template.names_file and template.file_separator and infill.path):
        return ()
    segments: list[Segment] = []
    for one in infill.context:
        segments += [template.file_separator, f"{one.path}\n", _ended(one.text)]
    return *segments, template.file_separator, f"{infill.path}\n"


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _in_order(template: FimTemplate, prefix: str, suffix: str, middle: str) -> tuple[Segment, ...]:
    first: list[Segment] = [template.prefix, prefix]
    second: list[Segment] = [template.suffix, suffix]
    if template.suffix_first:
        first, second = second, first
    end: list[Segment | None] = [template.middle, middle]
    return tuple(segment for segment in (*first, *second, *end) if segment)


def heal(text: str) -> tuple[str, str]:
    """Cut back to the tokenizer's last piece boundary: (kept, cut), both together the text.

    The model then chooses the last piece anew, whole. A cut never holds a line end. Looks at the last 200
    characters; a last piece of more than 24 is left alone.
    """
    tail = text[-SCANNED_CHARS:]
    line = tail[max(tail.rfind("\n"), tail.rfind("\r")) + 1 :]
    piece = ""
    for match in _PIECES.finditer(line):
        piece = match.group()
    if piece.isspace():
        # Of several blanks the last belongs to the piece to come: "    return" is "   " and " return".
        piece = piece[-1]
    if not piece or len(piece) > LONGEST_CUT_CHARS:
        return text, ""
    return text[: -len(piece)], piece


def first_output_grammar(forced: str) -> str:
    r"""A llama.cpp grammar (GBNF) for an answer that begins with `forced` and then is free.

    Free in whole tokens: the token that ends a line often holds the next line's beginning too (`]\n\n`), and a
    grammar that allows only one line end takes it away. The model then rambles on in the line, mostly into a
    comment. Where the line ends is for a stop string to say.
    """
    # [^\x00] is "any character": the dot is newer than some servers in use.
    return rf'root ::= "{_gbnf(forced)}" [^\x00]*'


def _gbnf(text: str) -> str:
    return "".join(_GBNF_ESCAPES.get(character) or _gbnf_character(character) for character in text)


_GBNF_ESCAPES = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


def _gbnf_character(character: str) -> str:
    if " " <= character <= "~":
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
