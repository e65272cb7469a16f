"""Users' own actions: one entry each of the block `actions` in nearline.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from nearline_server.actions.template import VARIABLES, variables
from nearline_server.actions.values import Action, Output

# The default kind of an action. What only reads has none: kinds are how editors find what changes a document, and
# what they may run by themselves on save.
KINDS: dict[Output, str] = {"edit": "refactor.rewrite", "text": "", "new-file": "refactor"}
TIERS: dict[str, Literal["routine", "complex"]] = {"routine": "routine", "frontier": "complex"}
# An edit repeats the range that it replaces.
MAX_OUTPUT_TOKENS: dict[Output, int] = {"edit": 2048, "text": 1024, "new-file": 2048}

# A menu shows one line.
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\r\n]+$")]
# Names between dots, as in LSP's CodeActionKind, whose set is open.
Kind = Annotated[str, StringConstraints(max_length=80, pattern=r"^([A-Za-z][\w-]*(\.[A-Za-z][\w-]*)*)?$")]


class CustomAction(BaseModel):
    """What a user writes under an id of their choice.

    `prompt` is a template: a name in braces stands for a text (see VARIABLES), `{{name}}` for itself. `tier`
    `frontier` is for what needs a strong model.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Title
    prompt: str = Field(min_length=1, max_length=20_000)
    kind: Kind | None = None
    output: Output = "text"
    tier: Literal["routine", "frontier"] = "frontier"

    @field_validator("prompt")
    @classmethod
    def _known_variables(cls, prompt: str) -> str:
        if not prompt.strip():
            raise ValueError("the prompt is empty")
        if unknown := [f"{{{name}}}" for name in variables(prompt) if name not in VARIABLES]:
            known = ", ".join(f"{{{name}}}" for name in VARIABLES)
            raise ValueError(f"unknown variable {', '.join(unknown)}; there are {known}, and {{{{…}}}} for braces")
        return prompt

    def action(self, id: str) -> Action:
        """The action as the catalogue has it; its id is its task in `experiments`."""
        kind = KINDS[self.output] if self.kind is None else self.kind
        return Action(
            id,
            self.title,
            kind,
            self.output,
            task=id,
            complexity=TIERS[self.tier],
            max_output_tokens=MAX_OUTPUT_TOKENS[self.output],
            template=self.prompt,
            takes_instruction="instruction" in variables(self.prompt),
            needs_diagnostics=kind.partition(".")[0] == "quickfix",
        )
