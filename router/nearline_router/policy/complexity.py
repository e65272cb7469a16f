"""How much a task asks of a model: what the caller says, else what the task is, else what its words give away.

The words are two short lists that anybody can read. Most text has neither, and then there is no signal, which
must not be taken for "routine" (LiteLLM's complexity router reports no signal for about half of general traffic).
"""

from __future__ import annotations

import re

from nearline_router.types import Chat, Complexity, Infill, Prompt, RoutingRequest

BY_TASK: dict[str, Complexity] = {
    "complete": "routine",
    "speculate": "routine",
    "warm-up": "routine",
    "summarize": "routine",
    "classify": "routine",
    "commit-message": "routine",
    "explain": "complex",
    "refactor": "complex",
    "fix": "complex",
    "test": "complex",
    "tests": "complex",
    "document": "complex",
    "review": "complex",
    "design": "complex",
    "plan": "complex",
}

# After the reference design's pitfall 5: autocomplete, summarisation and classification are routine, architectural
# design, debugging and creative generation are not.
COMPLEX_WORDS = re.compile(
    r"\b(architect\w*|design|debug\w*|diagnos\w*|root cause|race condition|deadlock|prove|proof|trade-?offs?|"
    r"refactor\w*|redesign|migrat\w+|optimi[sz]\w*|step[- ]by[- ]step|plan|strategy|vulnerabilit\w+|why)\b"
)
ROUTINE_WORDS = re.compile(
    r"\b(complete|autocomplete|rename|format|sort|summari[sz]e|classify|translate|convert|extract|list|"
    r"spell(ing)?|typo|title|one[- ]liner)\b"
)
# Words are looked for where an instruction stands: at the beginning and at the end of the text.
INSTRUCTION_CHARS = 400


def complexity_of(request: RoutingRequest) -> tuple[Complexity | None, str]:
    """The complexity and what it was told by; None is "no signal"."""
    if request.complexity:
        return request.complexity, "given"
    if request.task in BY_TASK:
        return BY_TASK[request.task], f"task {request.task}"
    return _by_words(_instruction(request.prompt))


def _by_words(text: str) -> tuple[Complexity | None, str]:
    # Small letters before the search: one that ignores case takes three times as long.
    text = text.lower()
    if found := COMPLEX_WORDS.search(text):
        return "complex", f'the word "{found.group()}"'
    if found := ROUTINE_WORDS.search(text):
        return "routine", f'the word "{found.group()}"'
    return None, "no signal"


def _instruction(prompt: Prompt) -> str:
    if isinstance(prompt, Infill):
        return ""
    text = prompt
    if isinstance(prompt, Chat):
        text = next((message.text for message in reversed(prompt.messages) if message.role == "user"), "")
    assert isinstance(text, str)  # noqa: S101 (Chat was replaced)
    return text if len(text) <= 2 * INSTRUCTION_CHARS else f"{text[:INSTRUCTION_CHARS]}\n{text[-INSTRUCTION_CHARS:]}"
