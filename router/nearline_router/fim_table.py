"""Fill-in-the-middle templates, one row per model family, chosen by the name that a server reports.

The beginning-of-text token is in no row: servers put it before a prompt that is text, and tell it to those
who send token ids. Two of them make CodeGemma useless (llama.cpp issue 11092).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Control:
    """A control token, by the spelling it has in the model's vocabulary.

    `written` is its spelling in a prompt that is sent as text, where that differs: SentencePiece keeps a
    leading space inside the token, as ▁, and adds a space of its own before a text.
    """

    text: str
    written: str = ""

    def __str__(self) -> str:
        return self.written or self.text


class Layout(StrEnum):
    """Where the text stands that grows as the user types.

    GROWING_TEXT_LAST keeps the suffix in the prompt cache and needs an engine that can force the healed text;
    DOCUMENTED is what the model's authors wrote.
    """

    GROWING_TEXT_LAST = "growing-text-last"
    DOCUMENTED = "documented"


@dataclass(frozen=True, slots=True)
class FimTemplate:
    """How one family wants its hole marked.

    `middle` is None where nothing follows the prefix. `stops` end an answer that runs on; `also_reserved` are
    further control texts of the vocabulary. `but_not` names relatives that were not trained to fill in.
    `names_file` puts the separator and the file's path before the prompt, and pieces of other files before that in
    the same form: the family was trained on repositories so.
    """

    family: str
    prefix: Control
    suffix: Control
    middle: Control | None
    stops: tuple[str, ...]
    matches: re.Pattern[str]
    but_not: re.Pattern[str] | None = None
    suffix_first: bool = False
    default_layout: Layout = Layout.DOCUMENTED
    file_separator: Control | None = None
    names_file: bool = False
    also_reserved: tuple[str, ...] = ()

    @property
    def control_texts(self) -> frozenset[str]:
        """Every text that is a control token to this family; user text that reads the same is only text."""
        controls = [self.prefix, self.suffix, self.middle, self.file_separator]
        spelled = [spelling for control in controls if control for spelling in (control.text, str(control))]
        return frozenset(text.strip() for text in (*spelled, *self.stops, *self.also_reserved))

    def fits(self, model_name: str) -> bool:
        """Whether a model of this name belongs to the family and fills in the middle."""
        excluded = self.but_not is not None and self.but_not.search(model_name)
        return not excluded and self.matches.search(model_name) is not None


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


# Embedding, judging, seeing and hearing relatives of Granite share its name and not its training.
_NOT_GRANITE_CODE = _pattern(r"embedding|guardian|vision|speech|rerank|docling")

# Servers that speak OpenAI's protocol refuse more than 4 stop sequences (Zed's fim.rs); rows hold to it.
FAMILIES: tuple[FimTemplate, ...] = (
    # github.com/QwenLM/Qwen2.5-Coder README, file-level and repository-level code completion.
    # Growing text last was measured on the 0.5B and the 1.5B model.
    FimTemplate(
        family="Qwen2.5-Coder",
        prefix=Control("<|fim_prefix|>"),
        suffix=Control("<|fim_suffix|>"),
        middle=Control("<|fim_middle|>"),
        stops=("<|endoftext|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"),
        matches=_pattern(r"qwen-?2[._-]?5[-_. ]?coder"),
        default_layout=Layout.GROWING_TEXT_LAST,
        file_separator=Control("<|file_sep|>"),
        names_file=True,
        also_reserved=("<|im_start|>", "<|im_end|>"),
    ),
    # github.com/QwenLM/Qwen3-Coder README, "Fill in the middle" (in a chat turn there); the bare prompt
    # is what llama.cpp's preset --fim-qwen-30b-default sends. Its layout is its sibling's; not measured yet.
    FimTemplate(
        family="Qwen3-Coder",
        prefix=Control("<|fim_prefix|>"),
        suffix=Control("<|fim_suffix|>"),
        middle=Control("<|fim_middle|>"),
        stops=("<|endoftext|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"),
        matches=_pattern(r"qwen-?3[-_. ]?coder"),
        default_layout=Layout.GROWING_TEXT_LAST,
        file_separator=Control("<|file_sep|>"),
        names_file=True,
        also_reserved=("<|im_start|>", "<|im_end|>"),
    ),
    # arXiv 2402.19173, section 5.1; Continue's AutocompleteTemplate.ts.
    FimTemplate(
        family="StarCoder2",
        prefix=Control("<fim_prefix>"),
        suffix=Control("<fim_suffix>"),
        middle=Control("<fim_middle>"),
        stops=("<|endoftext|>", "<file_sep>", "<repo_name>", "<fim_prefix>"),
        matches=_pattern(r"star-?coder[-_]?2"),
        file_separator=Control("<file_sep>"),
    ),
    # github.com/meta-llama/codellama, infilling_prompt_tokens: "<PRE> {pre} <SUF>{suf} <MID>".
    # arXiv 2308.12950: the Python and the 34B models cannot fill in.
    FimTemplate(
        family="CodeLlama",
        prefix=Control("▁<PRE>", written="<PRE> "),
        suffix=Control("▁<SUF>", written=" <SUF>"),
        middle=Control("▁<MID>", written=" <MID>"),
        stops=("<EOT>", "<PRE>", "<SUF>", "<MID>"),
        matches=_pattern(r"code-?llama"),
        but_not=_pattern(r"python|34b"),
        also_reserved=("▁<EOT>",),
    ),
    # github.com/deepseek-ai/DeepSeek-Coder README, "Code Insertion" (full-width bars); Zed's fim.rs has
    # Coder-V2 alike.
    FimTemplate(
        family="DeepSeek-Coder",
        prefix=Control("<｜fim▁begin｜>"),
        suffix=Control("<｜fim▁hole｜>"),
        middle=Control("<｜fim▁end｜>"),
        stops=("<｜end▁of▁sentence｜>", "<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
        matches=_pattern(r"deepseek[-_]?coder"),
        also_reserved=("<|EOT|>", "<｜begin▁of▁sentence｜>"),
    ),
    # github.com/mistralai/mistral-common, tokenizers/base.py for the tokens; Zed's fim.rs and Continue's
    # AutocompleteTemplate.ts for their order: the suffix comes first and nothing follows the prefix.
    # Files are parted by a line "+++++ path", which is plain text. Mamba-Codestral cannot fill in.
    FimTemplate(
        family="Codestral",
        prefix=Control("[PREFIX]"),
        suffix=Control("[SUFFIX]"),
        middle=None,
        stops=("[PREFIX]", "[SUFFIX]", "[MIDDLE]"),
        matches=_pattern(r"codestral"),
        but_not=_pattern(r"mamba|embed"),
        suffix_first=True,
    ),
    # Continue's AutocompleteTemplate.ts, Zed's fim.rs. The instruction-tuned model is for chat only.
    FimTemplate(
        family="CodeGemma",
        prefix=Control("<|fim_prefix|>"),
        suffix=Control("<|fim_suffix|>"),
        middle=Control("<|fim_middle|>"),
        stops=("<|file_separator|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
        matches=_pattern(r"code-?gemma"),
        but_not=_pattern(r"[-_:.]it(?![a-z])|instruct"),
        file_separator=Control("<|file_separator|>"),
        also_reserved=("<end_of_turn>", "<eos>"),
    ),
    # llama.cpp's llama-vocab.cpp, "Granite". The older Granite Code models end a text with <|endoftext|>.
    FimTemplate(
        family="Granite 3",
        prefix=Control("<fim_prefix>"),
        suffix=Control("<fim_suffix>"),
        middle=Control("<fim_middle>"),
        stops=("<|end_of_text|>", "<|endoftext|>", "<fim_pad>", "<reponame>"),
        # A 3 or 34 before "b" is a size.
        matches=_pattern(r"granite[-_]?3(?!\d?b)|granite[-_](\d+b[-_])?code"),
        but_not=_NOT_GRANITE_CODE,
    ),
    # tokenizer.json of ibm-granite/granite-4.0, ids 100257 to 100263.
    FimTemplate(
        family="Granite 4",
        prefix=Control("<|fim_prefix|>"),
        suffix=Control("<|fim_suffix|>"),
        middle=Control("<|fim_middle|>"),
        stops=("<|end_of_text|>", "<|fim_pad|>", "<|filename|>", "<|reponame|>"),
        matches=_pattern(r"granite[-_]?4(?!\d?b)"),
        but_not=_NOT_GRANITE_CODE,
    ),
)

CONTROL_TEXTS: frozenset[str] = frozenset().union(*(template.control_texts for template in FAMILIES))


def template_for(model_name: str) -> FimTemplate | None:
    """The family of a model by its name, alias or path; None for a model that cannot fill in the middle.

    The last part of a path is asked first: folders have names of their own.
    """
    last_part = re.split(r"[/\\]", model_name.rstrip("/\\"))[-1]
    for name in (last_part, model_name):
        for template in FAMILIES:
            if template.fits(name):
                return template
    return None
