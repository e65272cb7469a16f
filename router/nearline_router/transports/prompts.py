"""Prompts as the protocols want them that take text: a conversation, or a hole spelled out with control tokens."""

from __future__ import annotations

from collections.abc import Iterable

from nearline_router.errors import EndpointRefused
from nearline_router.fim_table import CONTROL_TEXTS, FimTemplate
from nearline_router.types import Chat, Infill, Message, Prompt


def conversation(endpoint_id: str, prompt: Prompt) -> Chat:
    """A prompt for an endpoint that chats; plain text is one message. Raises EndpointRefused for a hole."""
    if isinstance(prompt, Infill):
        raise EndpointRefused(f"{endpoint_id}: it chats and cannot fill in the middle")
    return prompt if isinstance(prompt, Chat) else Chat("", (Message("user", prompt),))


def refuse_control_texts(endpoint_id: str, template: FimTemplate | None, texts: Iterable[str]) -> None:
    """Raise EndpointRefused when the user's own text holds what the model would read as a control token.

    A server that takes its prompt as text cannot tell the two apart.
    """
    if holds_control_text(template, texts):
        raise EndpointRefused(
            f"{endpoint_id}: the text holds a control token of the model, and in this protocol it would be read as one"
        )


def holds_control_text(template: FimTemplate | None, texts: Iterable[str]) -> bool:
    """Whether one of the texts has what a family, or any family if it is not known, reads as a control token."""
    controls = template.control_texts if template else CONTROL_TEXTS
    return any(control in text for text in texts for control in controls)


def stops(template: FimTemplate | None, infill: Infill) -> list[str]:
    """What ends the text in a hole: the line's end where one line is wanted, then what the family runs on with."""
    return [*([] if infill.multiline else ["\n"]), *(template.stops if template else ())]
