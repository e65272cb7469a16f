"""Where the frozen prefix ends and the text that the model continues begins.

Measured with the 0.5B model on HumanEval infilling (cursor anywhere in the line): an anchor at the cursor's
line gives 0.68 exact match, one at the start of the function's body 0.76.
"""

from __future__ import annotations

import re

# A line that opens a function, in the languages people write most.
FUNCTION = re.compile(
    r"""^\s*(?:[\w@#\[\]]+\s+)*?              # decorators, visibility, modifiers
        (?:def|fn|func|function|fun|sub|proc)\b   # Python, Rust, Go, JavaScript, Kotlin, Perl, Tcl
      | ^\s*[\w<>:,*&\[\]\s~.]+\([^;]*\)[^;]*\{\s*$  # C, C++, Java, C#: a signature and an open brace
      | =>\s*\{\s*$                           # arrow functions
    """,
    re.VERBOSE,
)
# A docstring or a block of comments at the start of a body.
DOCSTRING = re.compile(
    r"""[ \t]*[rRbBuU]?(\"{3}|'{3})(?s:.*?)\1[^\n]*\n   # Python
      | [ \t]*/\*(?s:.*?)\*/[^\n]*\n                # C and its family
      | (?:[ \t]*(?:\#|//|--)[^\n]*\n)+             # lines of comments
    """,
    re.VERBOSE,
)
# A longer line is data, on which the pattern would take too long.
LONGEST_SIGNATURE_CHARS = 300
# `if (…) {` looks like a signature to the pattern above.
NOT_A_FUNCTION = re.compile(r"^\s*[})]*\s*(?:if|for|while|switch|else|catch|try|do|elif|match|return|with)\b")


def anchor_of(before: str, reach_chars: int) -> int:
    """An index into `before`, at a line's start and at most `reach_chars` (or one line) from the end.

    The start of the body of the function around the cursor, behind its docstring, else of the innermost block,
    else of the paragraph, else of the cursor's own line.
    """
    line_start = before.rfind("\n") + 1
    block = None
    limit = _indentation(before[line_start:])
    end = line_start
    while end > 0:
        start = before.rfind("\n", 0, end - 1) + 1
        if len(before) - end > reach_chars:
            break
        line = before[start:end]
        if line.strip() and _indentation(line) < limit:
            if _is_function(line):
                return _behind_docstring(before, end, line_start)
            block = end if block is None else block
            limit = _indentation(line)
        end = start
    return block if block is not None else _paragraph(before, line_start, reach_chars)


def _behind_docstring(before: str, body: int, line_start: int) -> int:
    """The body's first line of code: what describes the function belongs to what is given, not to what grows."""
    match = DOCSTRING.match(before, body)
    return match.end() if match and match.end() <= line_start else body


def _paragraph(before: str, line_start: int, reach_chars: int) -> int:
    blanks = ((before.rfind(blank, 0, line_start), len(blank)) for blank in ("\n\n", "\n\r\n"))
    start = max((at + length for at, length in blanks if at >= 0), default=0)
    return start if len(before) - start <= reach_chars else line_start


def _indentation(line: str) -> int:
    text = line.rstrip("\r\n").expandtabs(4)
    return len(text) - len(text.lstrip(" "))


def _is_function(line: str) -> bool:
    short = len(line) <= LONGEST_SIGNATURE_CHARS
    return short and bool(FUNCTION.search(line)) and not NOT_A_FUNCTION.match(line)
