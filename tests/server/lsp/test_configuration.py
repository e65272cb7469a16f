"""The configuration of a window: mistakes on their lines, reload while typing, and what a folder may not say."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from tests.waiting import until

from .conftest import Start, write_config
from .editor import Doc, Editor, as_dict
from .held_llama import HeldLlama


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace."""
    path = tmp_path / "project"
    path.mkdir()
    return path


async def opened(launch: Start, config: Path, folder: Path) -> Editor:
    """A window on that folder, ready."""
    editor = await launch(config)
    await editor.initialize(root=folder)
    await editor.until_state("ready")
    return editor


def read(path: Path) -> str:
    return path.read_text()


def write(path: Path, text: str) -> None:
    path.write_text(text)


async def test_a_mistake_is_a_diagnostic_on_its_line_until_it_is_mended(
    launch: Start, config: Path, folder: Path
) -> None:
    """While the file is wrong, what was good goes on; mended, it takes effect without a restart."""
    editor = await opened(launch, config, folder)
    good = read(config)

    write(config, good + "routing_policy: {latency_budget_ms: 漢}\n")
    await until(lambda: editor.problems(config), "a diagnostic")

    ((line, character, message),) = editor.problems(config)
    assert (line, character) == (good.count("\n"), len("routing_policy: {latency_budget_ms: "))
    assert "should be a valid number" in message
    assert await editor.text(editor.open("x = "), 4)
    write(config, good)
    await until(lambda: not editor.problems(config), "the diagnostic to go")


async def test_a_change_takes_effect_without_a_restart(launch: Start, config: Path, folder: Path) -> None:
    """Another server, from the next keystroke on."""
    editor = await opened(launch, config, folder)
    doc = editor.open("x = ")
    assert await editor.text(doc, 4)
    async with HeldLlama() as other:
        editor.forget()
        write_config(config, other)
        await until(lambda: other.completions or editor.statuses, "the reload")
        await editor.until_state("ready")
        await editor.text(doc, editor.insert(doc, 4, "zz"))
        await until(lambda: other.completions, "the other server to be asked")


async def test_what_a_folder_wants_before_it_is_trusted_is_ignored_with_a_word_on_its_line(
    launch: Start, config: Path, folder: Path
) -> None:
    """A cloned repository cannot redirect what is typed."""
    async with HeldLlama() as thief:
        theirs = folder / "nearline.yaml"
        write(theirs, f"endpoints:\n  local: {{host: '{thief.url}'}}\nresidency: {{everything: true}}\n")
        editor = await opened(launch, config, folder)
        assert await editor.text(editor.open("x = "), 4)
        await until(lambda: editor.problems(theirs), "a warning")

        assert thief.completions == []
        ((line, _, message),) = editor.problems(theirs)
        assert line in (0, 1)
        assert message.endswith(f"ignored until you trust this folder: nearline trust {folder}")


async def test_a_window_says_why_a_request_went_where_it_went(launch: Start, config: Path, folder: Path) -> None:
    """As Markdown for a person and as values, without the text."""
    editor = await opened(launch, config, folder)
    before = as_dict(await editor.execute("nearline.whyHere"))
    await editor.text(editor.open("hunter2 = "), 10)

    why = as_dict(await editor.execute("nearline.whyHere"))

    assert before == {"text": "Nothing was asked of a model yet."}
    assert why["text"].startswith("**local** was chosen for `complete` by the rule *cost*.")
    assert (why["task"], list(why["asked"])) == ("complete", ["local"])
    assert "hunter2" not in repr(why)


async def test_what_the_ignore_file_names_never_leaves(launch: Start, folder: Path, tmp_path: Path) -> None:
    """With a server elsewhere as the only one: another file is completed there, the named one nowhere."""
    async with HeldLlama() as cloud:
        config = write_config(tmp_path / "nearline.yaml", cloud, "local: false")
        write(folder / ".nearlineignore", "secret/\n")
        editor = await opened(launch, config, folder)
        plain = editor.open("x = ", uri=(folder / "plain.py").as_uri())
        await until_answered(editor, plain)
        asked = len(cloud.completions)
        secret = editor.open("x = ", uri=(folder / "secret" / "a.py").as_uri())

        assert await editor.ask(secret, 4) == []
        answer = as_dict(await editor.execute("nearline.lastAnswer"))
        assert answer["reason"].endswith("nothing else may see this: .nearlineignore of this workspace names it")
        assert len(cloud.completions) == asked


async def until_answered(editor: Editor, doc: Doc) -> None:
    """Until there is ghost text: the folder's ignore files have been read."""
    for _ in range(200):
        if await editor.text(doc, 4, invoked=True):
            return
    pytest.fail("no ghost text for a file that nothing names")


async def test_a_folder_that_is_opened_later_has_its_say_too(launch: Start, folder: Path, tmp_path: Path) -> None:
    """One server for several folders: what the second one keeps stays, and it cannot loosen the first."""
    second = tmp_path / "second"
    second.mkdir()
    async with HeldLlama() as cloud:
        config = write_config(tmp_path / "nearline.yaml", cloud, "local: false")
        editor = await opened(launch, config, folder)
        await until_answered(editor, editor.open("x = ", uri=(folder / "plain.py").as_uri()))
        write(second / "nearline.yaml", "residency: {paths: [patients/**]}\nengine: {enabled: true}\n")
        added = types.WorkspaceFolder(second.as_uri(), "second")
        event = types.WorkspaceFoldersChangeEvent([added], [])
        editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
        await until(lambda: editor.problems(second / "nearline.yaml"), "the second folder's file")
        await until_answered(editor, editor.open("y = ", uri=(second / "plain.py").as_uri()))
        asked = len(cloud.completions)

        assert await editor.ask(editor.open("z = ", uri=(second / "patients" / "a.py").as_uri()), 4) == []
        assert len(cloud.completions) == asked
