"""A prompt of any kind as one text, or as its length."""

from __future__ import annotations

from nearline_router.types import Infill, Prompt


def characters(prompt: Prompt) -> int:
    """How many characters of the user's are in it; a template's own words are not among them. Reads no text."""
    if isinstance(prompt, str):
        return len(prompt)
    if isinstance(prompt, Infill):
        others = sum(len(snippet.text) for snippet in prompt.context)
        return others + len(prompt.prefix) + len(prompt.middle) + len(prompt.suffix)
    return len(prompt.system) + sum(len(message.text) for message in prompt.messages)


def text_of(prompt: Prompt) -> str:
    """The same characters in one piece, with a line end between the turns of a conversation."""
    if isinstance(prompt, str):
        return prompt
    if isinstance(prompt, Infill):
        others = [snippet.text for snippet in prompt.context]
        return "".join([*others, prompt.prefix, prompt.middle, prompt.suffix])
    return "\n".join([prompt.system, *(message.text for message in prompt.messages)])
