"""What must stay with the user, and what may be spent."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from nearline_router.config.routing import FORBID


class ResidencyConfig(BaseModel):
    """What must stay with the user, whatever a request says."""

    model_config = FORBID

    everything: bool = Field(default=False, description="true: nothing leaves; only local endpoints are asked.")
    paths: tuple[str, ...] = Field(
        default=(), description="Files that stay: patterns as in .gitignore, relative to the workspace."
    )
    languages: frozenset[str] = Field(
        default=frozenset(), description="Files that stay, by their language id, such as `sql`."
    )
    workspaces: tuple[str, ...] = Field(default=(), description="Folders whose files all stay.")
    regions: frozenset[str] = Field(
        default=frozenset(),
        description="Tags of which an endpoint that is not local must carry one, in `residency` or `region`; "
        "empty: none is asked for.",
    )
    ignore_file: str = Field(
        default=".nearlineignore",
        description="Name of the files in a workspace that list, as .gitignore does, what stays.",
    )
    secrets: Literal["local", "redact", "allow"] = Field(
        default="local",
        description="Text in which a key or a password was found: `local` keeps it, `redact` lets it leave with the "
        "secrets replaced (code to be completed stays all the same), `allow` lets it leave as it is.",
    )


class SpendingConfig(BaseModel):
    """Caps on what endpoints that are not local may cost, by the router's own estimate."""

    model_config = FORBID

    max_usd_per_request: float | None = Field(
        default=None, ge=0, description="US dollars that one request may cost; null: no cap."
    )
    max_usd_per_day: float | None = Field(
        default=None, ge=0, description="US dollars that all requests of a day may cost; null: no cap."
    )
