"""The settings of the typing path: one tree, all defaults here, shared by file, editor and command line."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class CompletionSettings(BaseModel):
    """`completion:` in nearline.yaml and `nearline.completion` in an editor.

    Budgets count from a request's arrival at the server. `idle_ms` is how long the keyboard must rest before
    the prompt is widened. `cross_file_context`: pieces of other open files go into it where the machine reads
    them in time (`auto`), or `never`. `reveal`: suggestions of a kind that the user hardly ever takes
    wait until the keyboard has rested for 300 to 600 ms (`adaptive`), or come at once like all others (`at-once`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    budget_ms: float = Field(default=150.0, gt=0, le=60_000)
    invoked_budget_ms: float = Field(default=2000.0, gt=0, le=60_000)
    disabled_languages: frozenset[str] = frozenset()
    multiline: bool = True
    speculation: bool = True
    max_line_tokens: int = Field(default=32, ge=1, le=512)
    max_block_tokens: int = Field(default=96, ge=1, le=2048)
    cross_file_context: Literal["auto", "never"] = "never"
    idle_ms: float = Field(default=400.0, ge=0, le=60_000)
    reveal: Literal["adaptive", "at-once"] = "adaptive"
