"""An editor in front of the real language server: pytest-lsp's client, documents that it types in, what it was told."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union, cast

from lsprotocol import types
from pygls.lsp.client import LanguageClient as PyglsClient
from pygls.protocol import default_converter
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities
from pytest_lsp.client import register_lsp_features

from nearline_server.documents.buffer import Buffer, split_lines
from nearline_server.documents.positions import Encoding, column_of, units_of
from tests.waiting import until

ROOT = "file:///project"
AUTOMATIC, INVOKED = types.InlineCompletionTriggerKind.Automatic, types.InlineCompletionTriggerKind.Invoked
# A server that has not ended by then never will.
END_TIMEOUT_S = 20.0


def converter_factory() -> Any:
    """pygls' converter; lsprotocol 2025.0.0 takes a CodeAction that has a `command` for a Command."""
    converter = default_converter()

    def read(value: Any, _: Any) -> types.CodeAction | types.Command:
        kind = types.Command if isinstance(value.get("command"), str) else types.CodeAction
        return cast(types.CodeAction | types.Command, converter.structure(value, kind))

    for union in (Union[types.Command, types.CodeAction], Union[types.CodeAction, types.Command]):  # noqa: UP007
        converter.register_structure_hook(union, read)
    return converter


class Client(LanguageClient):
    """pytest-lsp's client, which keeps what the server prints instead of passing it on."""

    def __init__(self) -> None:
        super().__init__(converter_factory=converter_factory)
        register_lsp_features(self)
        self.stderr = bytearray()
        self.pulled: list[str | None] = []

    def get_configuration(self, *, section: str | None = None, scope_uri: str | None = None) -> Any:
        self.pulled.append(section)
        return super().get_configuration(section=section, scope_uri=scope_uri)

    async def start_io(self, cmd: str, *args: str, **kwargs: Any) -> None:
        await PyglsClient.start_io(self, cmd, *args, **kwargs)
        self._stderr_forwarder = asyncio.create_task(self._keep_stderr())

    async def _keep_stderr(self) -> None:
        assert self._server is not None
        assert self._server.stderr is not None
        while piece := await self._server.stderr.read(65536):
            self.stderr += piece


@dataclass
class Doc:
    """A document as the editor holds it."""

    uri: str
    text: str
    version: int = 1

    def offset(self, drawn: str) -> int:
        """Where ║ stands in the drawn text, which must be this one."""
        assert drawn.replace("║", "") == self.text
        return drawn.index("║")


class Editor:
    """One window. Offsets count code points; the protocol's positions are made in the agreed encoding."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.encoding: Encoding = "utf-16"
        self.capabilities = types.ServerCapabilities()
        self.statuses: list[Any] = []
        self.refreshes: list[Any] = []
        self.questions: list[types.ShowMessageRequestParams] = []
        self.answer: types.MessageActionItem | None = None
        self.applied: list[types.ApplyWorkspaceEditParams] = []
        self.files: dict[str, str] = {}
        self.told: list[dict[str, Any]] = []
        self.before_applying: Callable[[], object] = lambda: None
        self._docs: list[Doc] = []
        self._names = 0
        client.feature("nearline/status")(lambda status: self.statuses.append(status))
        client.feature("nearline/inlineCompletion/refresh")(lambda refresh: self.refreshes.append(refresh))
        client.feature("nearline/action/progress")(lambda told: self.told.append(as_dict(told)))
        client.feature(types.WORKSPACE_APPLY_EDIT)(lambda params: self._apply(params))
        client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)(lambda question: self._asked(question))

    @classmethod
    async def start(cls, config: Path | None, env: dict[str, str], *more: str) -> Editor:
        """Start a server; nothing is initialized yet."""
        chosen = ["--config", str(config)] if config else []
        command = [sys.executable, "-P", "-m", "nearline_server", "lsp", "--stdio", *chosen, *more]
        client = await ClientServerConfig(command, client_factory=Client, server_env=env).start()
        assert isinstance(client, Client)
        return cls(client)

    async def initialize(
        self,
        options: Any = None,
        encodings: Sequence[str] | None = ("utf-16",),
        *,
        pulls_settings: bool = False,
        progress: bool = False,
        root: Path | None = None,
        able: Callable[[types.ClientCapabilities], object] = lambda _: None,
    ) -> types.InitializeResult:
        """Shake hands as an editor that can draw inline completions; `able` changes what else it can do."""
        capabilities = client_capabilities("visual-studio-code")
        assert capabilities.text_document is not None
        capabilities.text_document.inline_completion = types.InlineCompletionClientCapabilities()
        kinds = [types.PositionEncodingKind(encoding) for encoding in encodings] if encodings else None
        capabilities.general = types.GeneralClientCapabilities(position_encodings=kinds)
        assert capabilities.workspace is not None
        capabilities.workspace.configuration = pulls_settings
        assert capabilities.window is not None
        capabilities.window.work_done_progress = progress
        able(capabilities)
        result = await self.client.initialize_session(
            types.InitializeParams(
                capabilities, root_uri=root.as_uri() if root else ROOT, initialization_options=options
            )
        )
        self.capabilities = result.capabilities
        agreed = result.capabilities.position_encoding
        self.encoding = cast(Encoding, getattr(agreed, "value", agreed) or "utf-16")
        return result

    async def until_state(self, state: str) -> None:
        """Until the server has said that it is in this state."""
        await until(lambda: any(status.state == state for status in self.statuses), f"the state {state}")

    @property
    def messages(self) -> list[str]:
        """What was shown to the user."""
        return [message.message for message in self.client.messages]

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The server."""
        assert self.client._server is not None
        return self.client._server

    def problems(self, path: Path) -> list[tuple[int, int, str]]:
        """The newest diagnostics of a file: line, character, message."""
        found = self.client.diagnostics.get(path.as_uri(), [])
        return [(one.range.start.line, one.range.start.character, one.message) for one in found]

    def forget(self) -> None:
        """What was told until now does not count."""
        lists = (self.statuses, self.refreshes, self.questions, self.client.messages, self.applied, self.told)
        for told in lists:
            told.clear()
        self.files.clear()
        self.client.progress_reports.clear()

    # --- documents

    def open(self, text: str, uri: str | None = None, language: str = "python") -> Doc:
        """Open a document; without a URI it has a new one."""
        self._names += 1
        doc = Doc(uri or f"{ROOT}/{self._names}.py", text)
        item = types.TextDocumentItem(doc.uri, language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        self._docs.append(doc)
        return doc

    def replace(self, doc: Doc, start: int, end: int, new: str) -> None:
        """Edit a document."""
        change = types.TextDocumentContentChangePartial(
            types.Range(self.position(doc, start), self.position(doc, end)), new
        )
        doc.text = doc.text[:start] + new + doc.text[end:]
        self.change(doc, change)

    def insert(self, doc: Doc, at: int, new: str) -> int:
        """Type or accept; returns where the cursor stands then."""
        self.replace(doc, at, at, new)
        return at + len(new)

    def change(self, doc: Doc, *changes: types.TextDocumentContentChangeEvent) -> None:
        """Send changes as they are, as the next version."""
        doc.version += 1
        identifier = types.VersionedTextDocumentIdentifier(doc.version, doc.uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, changes))

    def close(self, doc: Doc) -> None:
        """Close a document."""
        self._docs.remove(doc)
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(doc.uri)))

    def close_all(self) -> None:
        """Close what is open."""
        for doc in list(self._docs):
            self.close(doc)

    def position(self, doc: Doc, offset: int) -> types.Position:
        """An offset as this client counts it."""
        buffer = Buffer(doc.text[:offset])
        line = buffer.line_count - 1
        column = len(buffer.line(line))
        return types.Position(line, units_of(buffer.line(line), column, self.encoding))

    # --- inline completion

    async def ask(self, doc: Doc, at: int, **how: Any) -> list[types.InlineCompletionItem]:
        """The items at an offset."""
        return await self.begin(doc, self.position(doc, at), **how)

    async def ask_at(self, doc: Doc, line: int, character: int, **how: Any) -> list[types.InlineCompletionItem]:
        """The items at a position, whether it exists or not."""
        return await self.begin(doc, types.Position(line, character), **how)

    def begin(
        self,
        doc: Doc,
        position: types.Position,
        *,
        invoked: bool = False,
        selected: types.SelectedCompletionInfo | None = None,
        msg_id: str | None = None,
    ) -> asyncio.Task[list[types.InlineCompletionItem]]:
        """Send a request now; the task ends with its items."""
        context = types.InlineCompletionContext(INVOKED if invoked else AUTOMATIC, selected)
        params = types.InlineCompletionParams(context, types.TextDocumentIdentifier(doc.uri), position)
        method = types.TEXT_DOCUMENT_INLINE_COMPLETION
        future = asyncio.wrap_future(self.client.protocol.send_request(method, params, msg_id=msg_id))

        async def items() -> list[types.InlineCompletionItem]:
            answer = await future
            return list(answer.items if isinstance(answer, types.InlineCompletionList) else answer or [])

        return asyncio.create_task(items())

    # --- actions

    async def menu(
        self,
        doc: Doc,
        at: int = 0,
        to: int | None = None,
        *,
        problems: Sequence[types.Diagnostic] = (),
        only: Sequence[str] | None = None,
        trigger: types.CodeActionTriggerKind | None = types.CodeActionTriggerKind.Invoked,
    ) -> dict[str, types.CodeAction]:
        """The code actions at an offset or selection, by their titles."""
        context = types.CodeActionContext(problems, only, trigger)
        identifier = types.TextDocumentIdentifier(doc.uri)
        params = types.CodeActionParams(identifier, self.range(doc, at, to), context)
        found = await self.client.text_document_code_action_async(params)
        return {action.title: action for action in found or () if isinstance(action, types.CodeAction)}

    def act(self, command: str, doc: Doc | None = None, at: int = 0, to: int | None = None, **more: Any) -> Acting:
        """Send a command for an action at an offset or selection; it can be awaited, or cancelled."""
        argument: dict[str, Any] = dict(more)
        if doc is not None:
            argument |= {"uri": doc.uri, "range": as_json(self.range(doc, at, to))}
        return Acting(self, command, argument)

    def range(self, doc: Doc, start: int, end: int | None = None) -> types.Range:
        """A stretch of a document as this client counts it."""
        return types.Range(self.position(doc, start), self.position(doc, start if end is None else end))

    def problem(self, doc: Doc, start: int, end: int, message: str) -> types.Diagnostic:
        """A diagnostic of another tool's."""
        return types.Diagnostic(self.range(doc, start, end), message, source="linter", code="E1")

    def press_cancel(self) -> None:
        """Press the button of every bar that is shown."""
        for token in self.client.progress_reports:
            self.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))

    @property
    def live_text(self) -> str:
        """The pieces of answers that were shown."""
        return "".join(told["text"] for told in self.told)

    def take(self, edit: types.WorkspaceEdit) -> bool:
        """Apply an edit as editors do: all of it, and only on the versions that it is for."""
        texts = [change for change in edit.document_changes or () if isinstance(change, types.TextDocumentEdit)]
        created = [change.uri for change in edit.document_changes or () if isinstance(change, types.CreateFile)]
        open_docs = {doc.uri: doc for doc in self._docs}
        for change in texts:
            doc, version = open_docs.get(change.text_document.uri), change.text_document.version
            if change.text_document.uri not in created and (doc is None or version not in (None, doc.version)):
                return False
        self.files.update(dict.fromkeys(created, ""))
        edits: dict[str, Sequence[Any]] = {change.text_document.uri: change.edits for change in texts}
        for uri, changes in (edits | dict(edit.changes or {})).items():
            if uri in created:
                self.files[uri] = "".join(change.new_text for change in changes)
            else:
                self._edit(open_docs[uri], changes)
        return True

    def _edit(self, doc: Doc, changes: Sequence[types.TextEdit]) -> None:
        """The ranges of one edit all count from the text before it."""
        placed = [(self.offset(doc, one.range.start), self.offset(doc, one.range.end), one.new_text) for one in changes]
        for start, end, new in sorted(placed, reverse=True):
            self.replace(doc, start, end, new)

    def offset(self, doc: Doc, position: types.Position) -> int:
        """A position of this client as an offset."""
        lines = split_lines(doc.text)
        column = column_of(lines[position.line], position.character, self.encoding)
        return sum(map(len, lines[: position.line])) + column

    def _apply(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        self.before_applying()
        self.applied.append(params)
        return types.ApplyWorkspaceEditResult(self.take(params.edit))

    async def text(self, doc: Doc, at: int, **how: Any) -> str:
        """The ghost text at an offset, "" for none."""
        items = await self.ask(doc, at, **how)
        return str(items[0].insert_text) if items else ""

    async def execute(self, command: str, *arguments: Any) -> Any:
        """Run a command of the server's."""
        params = types.ExecuteCommandParams(command, list(arguments))
        return await self.client.workspace_execute_command_async(params)

    def push(self, settings: Any) -> None:
        """Send settings, as editors do that do not wait to be asked."""
        self.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))

    async def status(self) -> dict[str, Any]:
        """What `nearline.status` tells; answered behind everything that was sent before."""
        return as_dict(await self.execute("nearline.status"))

    # --- the end

    async def quit(self) -> int:
        """Shut down and exit; the process's exit status."""
        await asyncio.wait_for(self.client.shutdown_async(None), END_TIMEOUT_S)
        self.client.exit(None)
        return await self.gone()

    async def gone(self) -> int:
        """The process's exit status, once it has ended."""
        status = await asyncio.wait_for(self.process.wait(), END_TIMEOUT_S)
        assert self.client._stderr_forwarder is not None
        await asyncio.wait({self.client._stderr_forwarder})
        await self.client.stop()  # type: ignore[no-untyped-call]
        return status

    def _asked(self, question: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
        self.questions.append(question)
        return self.answer


class Acting:
    """A command that runs; awaiting it gives its result."""

    def __init__(self, editor: Editor, command: str, argument: dict[str, Any]) -> None:
        self._client = editor.client
        self._id = str(uuid.uuid4())
        params = types.ExecuteCommandParams(command, [argument])
        method = types.WORKSPACE_EXECUTE_COMMAND
        self._result = asyncio.wrap_future(editor.client.protocol.send_request(method, params, msg_id=self._id))

    def __await__(self) -> Generator[Any, None, dict[str, Any]]:
        return self._outcome().__await__()

    def cancel(self) -> None:
        """Tell the server that nobody waits any longer."""
        self._client.cancel_request(types.CancelParams(self._id))

    async def _outcome(self) -> dict[str, Any]:
        return as_dict(await self._result)


def as_json(value: Any) -> Any:
    """A value of lsprotocol as it is on the wire."""
    return default_converter().unstructure(value)


def as_dict(value: Any) -> dict[str, Any]:
    """A plain object as pygls hands it over."""
    return value if isinstance(value, dict) else dict(value._asdict())


def clean_env(folder: Path, **more: str) -> dict[str, str]:
    """An environment without the user's: no configuration, model, engine or key of theirs is found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEARLINE_")}
    return kept | {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_DATA_HOME": str(folder / "data"),
        "NEARLINE_MODELS_DIR": str(folder / "models"),
        "NEARLINE_RUNTIME_DIR": str(folder / "runtime"),
        **more,
    }
