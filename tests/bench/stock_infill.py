"""llama.cpp's `/infill` as llama.vim asks it: the anchor that the typing path is measured against.

Parameters and context as in ggml-org/llama.vim a1c8e6e (2026-01-31), autoload/llama.vim: s:default_config,
s:fim_ctx_local and llama#fim. Its ring of chunks of other files is left empty: it has less to read, and knows less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nearline_server.documents.buffer import Buffer, content

N_PREFIX_LINES = 256
N_SUFFIX_LINES = 64
N_PREDICT = 128
# "The first request is quick"; speculative ones, for what follows a hint, may take longer.
T_MAX_PREDICT_MS = 250
T_MAX_SPECULATIVE_MS = 1_000
T_MAX_PROMPT_MS = 500
# llama.vim's README starts the server with --fim-qwen-*-default, which is (llama.cpp, common/arg.cpp) a batch of
# 1024 tokens, of which /infill gives three quarters to the prefix and one to the suffix, and --cache-reuse 256.
# At 3.5 characters a token, which is little for code, so that it has less to read than it would have.
README_PREFIX_CHARS = int(768 * 3.5)
README_SUFFIX_CHARS = int(256 * 3.5)
README_CACHE_REUSE = 256


@dataclass(frozen=True, slots=True)
class Context:
    """The text around a cursor in llama.vim's cut."""

    prefix: str
    middle: str
    suffix: str
    indent: int
    line_suffix: str

    @classmethod
    def at(cls, buffer: Buffer, cursor: tuple[int, int]) -> Context:
        """The context of an existing place. On a blank line llama.vim begins at the line's start."""
        number, column = cursor
        line = content(buffer.line(number))
        left, right = (line[:column], line[column:]) if line.strip() else ("", "")
        above = [content(buffer.line(n)) for n in range(max(0, number - N_PREFIX_LINES), number)]
        last = min(buffer.line_count, number + 1 + N_SUFFIX_LINES)
        below = [content(buffer.line(n)) for n in range(number + 1, last)]
        suffix = "\n".join([right, *below]) + "\n"
        indent = len(line) - len(line.lstrip()) if line.strip() else 0
        return cls("\n".join(above) + "\n", left, suffix, indent, right)

    @classmethod
    def behind(cls, buffer: Buffer, cursor: tuple[int, int], hint: str, indent: int) -> Context:
        """The context once the hint is accepted, for which llama.vim asks as soon as it shows one.

        Within a line it has what is right of the cursor twice, as there; `indent` is that of the request before.
        """
        number, column = cursor
        line = content(buffer.line(number))
        *whole, middle = (line + hint + (line[column:] if line.strip() else "")).split("\n")
        first = max(0, number - N_PREFIX_LINES + len(whole))
        above = [content(buffer.line(n)) for n in range(first, number)]
        last = min(buffer.line_count, number + 1 + N_SUFFIX_LINES)
        below = [content(buffer.line(n)) for n in range(number + 1, last)]
        return cls("\n".join([*above, *whole]) + "\n", middle, "\n".join(["", *below]) + "\n", indent, "")

    def body(self) -> dict[str, Any]:
        """The request."""
        return {
            "id_slot": 0,
            "input_prefix": self.prefix,
            "input_suffix": self.suffix,
            "input_extra": [],
            "prompt": self.middle,
            "n_predict": N_PREDICT,
            "n_indent": self.indent,
            "top_k": 40,
            "top_p": 0.90,
            "samplers": ["top_k", "top_p", "infill"],
            "stream": False,
            "cache_prompt": True,
            "t_max_prompt_ms": T_MAX_PROMPT_MS,
            "t_max_predict_ms": T_MAX_PREDICT_MS,
        }

    def single_line(self) -> dict[str, Any]:
        """The same for one line, with llama.vim's own setting `stop_strings`; streamed, to see the first character."""
        return self.body() | {"stop": ["\n"], "stream": True}

    def as_in_readme(self) -> dict[str, Any]:
        """What a server that was started as llama.vim's README says would read of it; ours has a larger batch."""
        prefix = self.prefix[-README_PREFIX_CHARS:]
        cut = prefix if prefix == self.prefix else prefix[prefix.find("\n") + 1 :]
        suffix = self.suffix[:README_SUFFIX_CHARS]
        return self.body() | {"input_prefix": cut, "input_suffix": suffix, "n_cache_reuse": README_CACHE_REUSE}
