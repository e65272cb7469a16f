"""Source text with what is no code masked out: comments become spaces, the characters of strings underscores.

Every character keeps its place, so brackets and words found in the masked text are at the same offset in the
real one. No parser: it has to work while the code is being written, in languages that only share their look.
"""

from __future__ import annotations

import re

# The limits keep the time within bounds for text that only looks like code: no string is longer than 4,000
# characters, no here-document than 200 lines; what may be longer is taken to go on to the end.
_SLASHES = r"//[^\n]*|/\*(?s:.*?)(?:\*/|\Z)"
# A hash inside a word or an expansion is no comment: `${x#y}`, `a#b`.
_HASH = r"(?:^|(?<=[\s;(){}]))\#[^\n]*"
# An unclosed " lasts until the end of its line; an unclosed ' is an apostrophe.
_DOUBLE = r'"(?:\\(?s:.)|[^"\\\n])*(?:"|$)'
_DOUBLE_OF_LINES = r'"(?:\\(?s:.)|[^"\\]){0,4000}+"|"[^\n]*'
_SINGLE = r"'(?:\\.|[^'\\\n])*'"
_SINGLE_OF_LINES = r"'(?:\\(?s:.)|[^'\\]){0,4000}+'"
# One character or escape, so that Rust's lifetimes and C++'s digit separators are none.
_CHARACTER = r"'(?:\\[^\n']{1,9}|\\'|[^'\\\n])'"
_TRIPLE = r'"""(?s:.*?)"""'
_TEMPLATE = r"`(?:\\(?s:.)|[^`\\]){0,4000}+`|`[^\n]*"
_RAW_C = r'\bR"(?P<raw>[^(\s"]{0,16})\((?s:.*?)(?:\)(?P=raw)"|\Z)'
_RAW_RUST = r'\bb?r(?P<raw>\#*)"(?s:.*?)(?:"(?P=raw)|\Z)'
_VERBATIM = r'(?:\$@|@\$?)"(?:[^"]|"")*"'
# A slash is a division behind a value, and a regular expression behind anything else.
_REGEX = (
    r"(?P<before>(?:[(,=:\[!&|?{;]|=>|\b(?:return|when|if|unless|case)\b)\s*)"
    r"/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/"
)
_HERE = (
    r"(?P<head><<{mark}(?P<quote>['\"]?)(?P<word>[A-Za-z_]\w*)(?P=quote)[^\n]*\n)"
    r"(?:(?![ \t]*(?P=word)\b)[^\n]*\n){{0,200}}+[ \t]*(?P=word)\b"
)
_LUA_LONG = r"\[(?P<{name}>=*)\[(?s:.*?)(?:\](?P={name})\]|\Z)"


def _pattern(comment: str, *strings: str) -> re.Pattern[str]:
    return re.compile("|".join([f"(?P<comment>{comment})", *strings]), re.MULTILINE)


_C = _pattern(_SLASHES, _RAW_C, _TRIPLE, _DOUBLE, _CHARACTER)
_SCRIPT = _pattern(_SLASHES, _DOUBLE, _SINGLE, _TEMPLATE, _REGEX)
_PATTERNS = {
    **dict.fromkeys(("javascript", "javascriptreact", "typescript", "typescriptreact"), _SCRIPT),
    "csharp": _pattern(_SLASHES, _VERBATIM, _TRIPLE, _DOUBLE, _CHARACTER),
    "css": _pattern(r"/\*(?s:.*?)(?:\*/|\Z)", _DOUBLE, _SINGLE),
    "dart": _pattern(_SLASHES, _TRIPLE, r"'''(?s:.*?)'''", _DOUBLE, _SINGLE),
    "elixir": _pattern(_HASH, _TRIPLE, _DOUBLE_OF_LINES, _SINGLE),
    "go": _pattern(_SLASHES, _DOUBLE, r"`[^`]*`", _CHARACTER),
    "lua": _pattern(
        "--" + _LUA_LONG.format(name="level") + r"|--[^\n]*", _LUA_LONG.format(name="raw"), _DOUBLE, _SINGLE
    ),
    "perl": _pattern(_HASH, _HERE.format(mark="~?"), _DOUBLE_OF_LINES, _SINGLE),
    "php": _pattern(
        _SLASHES + r"|\#(?!\[)[^\n]*", _HERE.format(mark="<[ \t]*"), _DOUBLE_OF_LINES, _SINGLE_OF_LINES
    ),
    "ruby": _pattern(
        r"^=begin\b(?s:.*?)(?:^=end[^\n]*|\Z)|^__END__$(?s:.*)|" + _HASH,
        _HERE.format(mark="[~-]?"), _DOUBLE_OF_LINES, _SINGLE, _REGEX,
    ),
    "rust": _pattern(_SLASHES, _RAW_RUST, _CHARACTER, _DOUBLE_OF_LINES),
    "shellscript": _pattern(_HASH, _HERE.format(mark="-?"), _DOUBLE_OF_LINES, r"'[^']*'"),
}  # fmt: skip
_VISIBLE = re.compile(r"[^\n]")


def masked(text: str, language: str) -> str:
    """The text, whose lines end at \\n, with comments and strings masked; languages not known are taken for C."""
    return _PATTERNS.get(language, _C).sub(_mask, text)


def _mask(match: re.Match[str]) -> str:
    groups = match.groupdict()
    keep = groups.get("before") or groups.get("head") or ""
    filler = "_" if groups["comment"] is None else " "
    return keep + _VISIBLE.sub(filler, match[0][len(keep) :])
