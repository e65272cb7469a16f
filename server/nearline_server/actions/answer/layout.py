"""Line ends, empty lines around and indentation: code laid out as the original is."""

from __future__ import annotations

from nearline_server.actions.answer.indentation import depth_of, indented, is_blank
from nearline_server.documents.buffer import content, split_lines


def laid_out(code: str, original: str) -> str | None:
    """The code with the layout of the original; None if there is nothing."""
    lines = [line if not is_blank(line) else "" for line in code.split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        return None
    if not original:
        return "\n".join(lines) + "\n"
    kept = split_lines(original)
    filled = [at for at, line in enumerate(kept) if not is_blank(line)] or [0]
    first, last = filled[0], filled[-1]
    plain = [content(line) for line in kept[first : last + 1]]
    body = _line_end(original).join(indented(lines, plain))
    return "".join([*kept[:first], body, kept[last][len(content(kept[last])) :], *kept[last + 1 :]])


def _line_end(text: str) -> str:
    return next((end for end in ("\r\n", "\n", "\r") if end in text), "\n")


def is_flat(code: str, original: str) -> bool:
    """Whether indentation that means something was lost on the way."""
    lines = [line.rstrip() for line in code.split("\n") if not is_blank(line)]
    depths = {depth_of(line) for line in original.split("\n") if not is_blank(line)}
    opens = any(line.endswith(":") for line in lines[:-1])
    return len(depths) > 1 and opens and len(set(map(depth_of, lines))) == 1
