"""Functions, classes and blocks of the languages that end them with a word: Ruby, Lua, Elixir."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nearline_server.actions.scope.block import Block, Source
from nearline_server.actions.scope.header import collapsed
from nearline_server.actions.scope.pairs import Token, paired, token
from nearline_server.actions.values import Chosen

_RUBY = r"def|class|module|begin|do|case|if|unless|while|until|for|end"
_WORDS = {"crystal": _RUBY, "elixir": "do|fn|end", "lua": "function|if|do|repeat|end|until", "ruby": _RUBY}
# Not `:end`, `x.class`, `@if`, `if:`, `end?`, `begin =`.
_TOKENS = {name: re.compile(rf"(?<![.:@$\w])(?:{words})\b(?![?!=]|:(?!:))") for name, words in _WORDS.items()}
# In Ruby `if` behind a statement is a condition of it and opens nothing.
_AT_START = re.compile(r"(?:^|[=(\[,;|&{]|\b(?:return|then|else|do|and|or|not))\s*$")
_LOOP = re.compile(r"\s*(?:while|until|for)\b")
_ENDLESS_DEF = re.compile(r"\s+[^\s(]+\s*(?:\([^)]*\))?\s+=\s")
_GOES_ON = re.compile(r"\s*(?:when\b|[,)\]|&])")
_FUNCTIONS = {
    "lua": re.compile(r"\bfunction\s+[\w.:]+|=\s*function\b"),
    "elixir": re.compile(r"\s*(?:def|defp|defmacro|defmacrop)\b"),
}
_CLASSES = re.compile(r"\s*(?:class|module|defmodule|defimpl|defprotocol|struct)\b")
_DEF = re.compile(r"\bdef\b")


def word_blocks(source: Source) -> list[Block]:
    """The blocks in the order in which they open."""
    tokens = [each for number in range(len(source.code)) for each in _tokens(source, number)]
    return [_block(source, pair.opener, pair.last) for pair in paired(tokens, len(source.code) - 1)]


def knows(language: str) -> bool:
    """Whether it is a language of this kind."""
    return language in _WORDS


def _tokens(source: Source, number: int) -> Iterator[Token]:
    line = source.code[number]
    for match in _TOKENS[source.language].finditer(line):
        closes = match[0] == "end" or (source.language == "lua" and match[0] == "until")
        if closes or _opens(match, line, source.language):
            yield token(number, match.start(), line, not closes)


def _opens(match: re.Match[str], line: str, language: str) -> bool:
    if language in ("lua", "elixir"):
        return True
    before = line[: match.start()]
    if match[0] == "def":
        return not _ENDLESS_DEF.match(line, match.end())
    if match[0] == "do":
        return not _LOOP.match(line)
    return _AT_START.search(before) is not None


def _block(source: Source, opener: Token, last: int) -> Block:
    first = opener.line
    text = source.code[first]
    while first > 0 and (_GOES_ON.match(text) or _unopened(text)) and source.code[first - 1].strip():
        first -= 1
        text = f"{source.code[first]}\n{text}"
    return Block(source.with_head(first), last, _kind(collapsed(text), source.language))


def _unopened(text: str) -> bool:
    text = collapsed(text)
    return text.count(")") > text.count("(")


def _kind(text: str, language: str) -> Chosen:
    if language not in _FUNCTIONS:
        function = _DEF.search(text) is not None
    else:
        # An anonymous one that is an argument has nothing to call it by.
        match = _FUNCTIONS[language].search(text) if language == "lua" else _FUNCTIONS[language].match(text)
        function = match is not None
    if function:
        return "function"
    return "class" if _CLASSES.match(text) else "block"
