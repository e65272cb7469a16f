"""The folders and files around the documents: what changes there changes the configuration."""

from __future__ import annotations

from lsprotocol import types

from nearline_server.lsp.server import NearlineServer

WATCHED = ("**/nearline.yaml", "**/.nearline.yaml", "**/.nearlineignore")


def register(server: NearlineServer) -> None:
    """Add the notifications."""

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        if server.session:
            await server.session.files_changed({change.uri for change in params.changes})

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_workspace_folders(_: types.DidChangeWorkspaceFoldersParams) -> None:
        if server.session:
            await server.session.folders_changed(server.folders)


def watch_files(server: NearlineServer) -> None:
    """Ask a client that can watch files to tell of ours, sooner than looking at them ourselves would."""
    workspace = server.client_capabilities.workspace
    watched = workspace.did_change_watched_files if workspace else None
    if not (watched and watched.dynamic_registration):
        return
    options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(name) for name in WATCHED])
    method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
    registration = types.Registration("nearline-files", method, options)
    # Not waited for: a client may refuse what it said it can, and files are looked at by ourselves too.
    server.client_register_capability(types.RegistrationParams([registration]))
