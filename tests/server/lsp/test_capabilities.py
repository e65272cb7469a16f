"""What the server says that it can do."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from .conftest import Start

OWN = ("accept", "status", "lastAnswer", "whyHere", "pullModel")
ACTIONS = (
    "explain", "refactor", "fix", "tests", "document", "completeBody", "commitMessage", "review", "ask", "followUp",
    "runAction",
)  # fmt: skip


async def test_it_offers_inline_completion_incremental_sync_and_its_commands(launch: Start, config: Path) -> None:
    """Everything that a client must be told is in the answer to `initialize`, and nothing that is not there."""
    editor = await launch(config)
    result = await editor.initialize(encodings=None)
    offered = result.capabilities
    sync = offered.text_document_sync

    assert isinstance(sync, types.TextDocumentSyncOptions)
    assert (sync.open_close, sync.change) == (True, types.TextDocumentSyncKind.Incremental)
    assert offered.inline_completion_provider == types.InlineCompletionOptions()
    assert offered.execute_command_provider is not None
    names = (*OWN, *ACTIONS)
    assert {f"nearline.{name}" for name in names} == set(offered.execute_command_provider.commands)
    assert offered.code_action_provider == types.CodeActionOptions(
        (types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite, "refactor.tests"), resolve_provider=True
    )
    assert (offered.completion_provider, offered.hover_provider, offered.definition_provider) == (None, None, None)
    assert offered.position_encoding == types.PositionEncodingKind.Utf16
    assert result.server_info is not None
    assert result.server_info.name == "nearline"


async def test_the_client_chooses_the_position_encoding(launch: Start, config: Path) -> None:
    """Its first choice is taken, if the server knows it."""
    editor = await launch(config)
    result = await editor.initialize(encodings=["utf-32", "utf-8", "utf-16"])

    assert result.capabilities.position_encoding == types.PositionEncodingKind.Utf32
