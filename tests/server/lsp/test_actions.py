"""Actions end to end: the editor, the real language server, and a model server that plays scripts."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.fault_server import Cut, End, FaultServer, Reset, Status, Text, Wait
from tests.waiting import until

from .conftest import Start
from .editor import Doc, Editor, as_dict, clean_env

CODE = "import sys\n\n\ndef add(a, b):\n    return a + b\n\n\nprint(add(1, 2))\n"
BODY = CODE.index("return")
DOCUMENTED = 'def add(a, b):\n    """Their sum."""\n    return a + b'
FENCED = f"Sure:\n```python\n{DOCUMENTED}\n```\nDone."
AFTER = CODE.replace("def add(a, b):\n    return a + b", DOCUMENTED)
AUTOMATIC = types.CodeActionTriggerKind.Automatic


async def ready(editor: Editor) -> None:
    """Until the workspace's ignore files have been read; before that nothing of it may leave."""
    await until(lambda: editor.statuses, "the server to be ready")
    doc = editor.open("")
    while "not been read yet" in (await editor.act("nearline.explain", doc))["note"]:
        pass
    editor.close(doc)
    editor.told.clear()


def write(path: Path, server: FaultServer, more: str = "") -> Path:
    """A configuration with that server as a cloud that never counts as broken."""
    cloud = f"provider: openai-compatible, host: '{server.url}/v1', local: false, model: strong"
    breaker = "routing_policy: {circuit_breaker: {failure_threshold: 1000}}"
    path.write_text(
        f"endpoints: {{cloud: {{{cloud}}}}}\nengine: {{enabled: false, discover: false}}\n{breaker}\n{more}"
    )
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_cloud() -> AsyncIterator[FaultServer]:
    """The model's server of this module."""
    async with FaultServer() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_window(shared_cloud: FaultServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    """The language server of this module, with an editor that shows progress."""
    folder = tmp_path_factory.mktemp("actions")
    editor = await Editor.start(write(folder / "nearline.yaml", shared_cloud), clean_env(folder))
    await editor.initialize(progress=True, root=folder)
    await ready(editor)
    yield editor

    assert await editor.quit() == 0


@pytest.fixture
def cloud(shared_cloud: FaultServer) -> FaultServer:
    """The model's server as if it were new."""
    shared_cloud.forget()
    shared_cloud.default = (Text("hello"), End())
    return shared_cloud


@pytest.fixture
def window(shared_window: Editor, cloud: FaultServer) -> Iterator[Editor]:  # noqa: ARG001 (new with it)
    """The language server as if it were new."""
    shared_window.forget()
    shared_window.before_applying = lambda: None
    yield shared_window

    shared_window.close_all()


def said(cloud: FaultServer) -> str:
    """All that the model was sent."""
    return "\n".join(str(message["content"]) for message in cloud.asked[-1].body["messages"])


def test_a_start_loads_nothing_of_actions() -> None:
    """It would cost everybody who only wants completions."""
    code = (
        "import sys, nearline_server.lsp.start as start; start.build(None); "
        "print(*(name for name in sys.modules if name.startswith('nearline_server.actions')))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == ""


# --- the menu


async def test_the_menu_has_what_there_is_to_do_here(window: Editor, cloud: FaultServer) -> None:
    """Each of its kind, and no model is asked for it."""
    menu = await window.menu(window.open(CODE), BODY)
    kinds = {title: getattr(action.kind, "value", action.kind) for title, action in menu.items()}

    assert kinds == {
        "Explain": "",
        "Refactor…": "refactor.rewrite",
        "Fix problems": "quickfix",
        "Write tests": "refactor.tests",
        "Document": "refactor.rewrite.document",
        "Complete this body": "refactor.rewrite.complete",
        "Review": "",
    }
    assert cloud.asked == []


async def test_what_cannot_be_done_says_why(window: Editor) -> None:
    """Grey in the menu, and never run by itself."""
    menu = await window.menu(window.open(CODE), BODY)

    assert {title for title, action in menu.items() if action.disabled} == {"Fix problems"}
    assert menu["Fix problems"].disabled == types.CodeActionDisabled("There is no problem here to fix.")
    assert (menu["Fix problems"].command, menu["Fix problems"].data) == (None, None)


@pytest.mark.parametrize(
    ("only", "titles"),
    [
        (["quickfix"], {"Fix problems"}),
        (["refactor"], {"Refactor…", "Write tests", "Document", "Complete this body"}),
        (["refactor.rewrite"], {"Refactor…", "Document", "Complete this body"}),
        (["refactor.rewrite.document"], {"Document"}),
        (["refactor.re"], set()),
        (["source.fixAll"], set()),
        (["source", "quickfix"], {"Fix problems"}),
    ],
)
async def test_the_menu_keeps_to_the_kinds_that_are_wanted(only: list[str], titles: set[str], window: Editor) -> None:
    """And to what is below them in the tree of kinds."""
    assert (await window.menu(window.open(CODE), BODY, only=only)).keys() == titles


async def test_the_fix_of_one_problem_is_the_preferred_one(window: Editor) -> None:
    """It is a quick fix of that diagnostic."""
    doc = window.open(CODE)
    problem = window.problem(doc, BODY, BODY + 6, "a is not\na number")
    menu = await window.menu(doc, BODY, problems=[problem], only=["quickfix"])

    assert menu.keys() == {"Fix: a is not"}
    assert (menu["Fix: a is not"].is_preferred, menu["Fix: a is not"].diagnostics) == (True, (problem,))


async def test_several_problems_have_a_fix_each_and_one_for_all(window: Editor) -> None:
    """None of which is preferred."""
    doc = window.open(CODE)
    problems = [window.problem(doc, BODY, BODY + 6, text) for text in ("one", "x" * 100)]
    menu = await window.menu(doc, BODY, problems=problems, only=["quickfix"])

    assert list(menu) == ["Fix problems", "Fix: one", f"Fix: {'x' * 59}…"]
    assert [len(action.diagnostics or ()) for action in menu.values()] == [2, 1, 1]
    assert not any(action.is_preferred for action in menu.values())


async def test_an_edit_is_made_when_it_is_resolved_and_text_by_a_command(window: Editor) -> None:
    """What may have an instruction is a command too, so that a client that has it can ask for one."""
    doc = window.open(CODE)
    menu = await window.menu(doc, BODY, problems=[window.problem(doc, BODY, BODY + 6, "one")])
    commands = {title: action.command.command for title, action in menu.items() if action.command}

    assert commands == {
        "Explain": "nearline.explain", "Refactor…": "nearline.refactor", "Review": "nearline.review"
    }  # fmt: skip
    assert all((action.data is None) == (title in commands) for title, action in menu.items())
    assert not any(action.edit for action in menu.values())


async def test_opening_the_menu_warms_the_connection_and_a_light_bulb_does_not(
    launch: Start, tmp_path: Path, cloud: FaultServer
) -> None:
    """Editors ask for the bulb at every step of the cursor."""
    editor = await launch(write(tmp_path / "nearline.yaml", cloud))
    await editor.initialize(root=tmp_path)
    await until(lambda: cloud.gets, "the connection of the start")
    await cloud_lost(cloud)
    doc = editor.open(CODE)

    connections = cloud.connections
    await editor.menu(doc, BODY, trigger=AUTOMATIC)
    await editor.status()
    assert cloud.connections == connections
    await editor.menu(doc, BODY)
    await until(lambda: cloud.connections > connections, "a new connection")


async def cloud_lost(cloud: FaultServer) -> None:
    """The server ends its idle connections, as servers do after a while."""
    for task in list(cloud._tasks):
        task.cancel()
    await asyncio.gather(*cloud._tasks, return_exceptions=True)


async def test_users_have_actions_of_their_own(launch: Start, tmp_path: Path, cloud: FaultServer) -> None:
    """In the menu and as a command; what is wrong with one is said."""
    own = "actions: {shout: {title: Shout, prompt: 'SHOUT {selection}'}, bad: {title: Bad, prompt: '{nothing}'}}\n"
    editor = await launch(write(tmp_path / "nearline.yaml", cloud, own))
    await editor.initialize(root=tmp_path)
    await ready(editor)
    doc = editor.open(CODE)
    menu = await editor.menu(doc, BODY)
    assert menu["Shout"].command is not None
    result = await editor.act("nearline.runAction", doc, BODY, action="shout")

    assert menu["Shout"].command.command == "nearline.runAction"
    assert "SHOUT" in said(cloud)
    assert result["text"] == "hello"
    assert len([message for message in editor.messages if "actions.bad" in message]) == 1


# --- resolving


async def resolved(window: Editor, doc: Doc, title: str = "Document") -> types.CodeAction:
    """An entry of the menu with its edit."""
    menu = await window.menu(doc, BODY)
    return await window.client.code_action_resolve_async(menu[title])


async def test_resolving_makes_the_edit(window: Editor, cloud: FaultServer) -> None:
    """The smallest that does it, for this version, with a name that editors can show."""
    cloud.play(Text(FENCED), End())
    doc = window.open(CODE)
    action = await resolved(window, doc)
    assert action.edit is not None
    assert action.edit.document_changes is not None
    (change,) = action.edit.document_changes
    assert isinstance(change, types.TextDocumentEdit)

    assert change.text_document.version == 1
    assert [edit.new_text.strip() for edit in change.edits if isinstance(edit, types.AnnotatedTextEdit)] == [
        '"""Their sum."""'
    ]
    assert action.edit.change_annotations == {"nearline": types.ChangeAnnotation("Document", needs_confirmation=False)}
    assert window.take(action.edit)
    assert doc.text == AFTER


async def test_the_diagnostics_of_a_fix_reach_the_model(window: Editor, cloud: FaultServer) -> None:
    """With what they say."""
    cloud.play(Text("```python\ndef add(a, b):\n    return b + a\n```"), End())
    doc = window.open(CODE)
    menu = await window.menu(doc, BODY, problems=[window.problem(doc, BODY, BODY + 6, "must be turned round")])
    action = await window.client.code_action_resolve_async(menu["Fix: must be turned round"])

    assert action.edit is not None
    assert "must be turned round" in said(cloud)
    assert window.take(action.edit)
    assert doc.text == CODE.replace("a + b", "b + a")


async def test_resolving_makes_a_new_file_for_tests(window: Editor, cloud: FaultServer) -> None:
    """An editor makes it and writes the text in one go."""
    cloud.play(Text("```python\ndef test_add():\n    pass\n```"), End())
    doc = window.open(CODE)
    action = await resolved(window, doc, "Write tests")

    assert action.edit is not None
    assert window.take(action.edit)
    ((uri, text),) = window.files.items()
    assert uri.rpartition("/")[2].startswith("test_")
    assert (text, doc.text) == ("def test_add():\n    pass\n", CODE)


async def test_a_menu_of_an_older_version_is_refused(window: Editor, cloud: FaultServer) -> None:
    """Its range may be another function by now."""
    doc = window.open(CODE)
    menu = await window.menu(doc, BODY)
    window.insert(doc, 0, "# new\n")
    action = await window.client.code_action_resolve_async(menu["Document"])

    assert (action.edit, cloud.asked) == (None, [])
    assert window.messages == ["Nearline, document: the document was changed since; ask again"]


async def test_cancelling_the_resolve_request_stops_the_provider(window: Editor, cloud: FaultServer) -> None:
    """As VS Code does when its user goes on typing."""
    cloud.play(Text("```python\ndef"), Wait())
    menu = await window.menu(window.open(CODE), BODY)
    sent = window.client.protocol.send_request(types.CODE_ACTION_RESOLVE, menu["Document"], msg_id="resolving")
    await until(lambda: window.live_text, "a piece")
    window.client.cancel_request(types.CancelParams("resolving"))

    await until(lambda: cloud.cancels, "the provider to see it")
    with pytest.raises(JsonRpcException):
        await asyncio.wrap_future(sent)


# --- commands


async def test_a_command_streams_its_text(window: Editor, cloud: FaultServer) -> None:
    """By a notification of version 1, which our clients show as it comes."""
    more = asyncio.Event()
    cloud.play(Text("It "), Text("adds."), Wait(more), Text(" Well."), End())
    acting = window.act("nearline.explain", window.open(CODE), BODY, id="mine")
    await until(lambda: window.live_text == "It adds.", "two pieces")
    more.set()
    result = await acting

    assert result == {
        "text": "It adds. Well.", "endpoint": "cloud", "model": "strong", "applied": False, "note": "", "cut": False
    }  # fmt: skip
    assert {(told["version"], told["id"], told["action"]) for told in window.told} == {(1, "mine", "explain")}
    assert {told["output"] for told in window.told if told["text"]} == {"text"}
    assert [told["done"] for told in window.told] == [False] * (len(window.told) - 1) + [True]
    assert (window.told[-1]["endpoint"], window.told[-1]["model"]) == ("cloud", "strong")
    assert (window.applied, window.messages) == ([], [])


async def test_a_client_that_follows_no_run_is_shown_the_text(window: Editor) -> None:
    """Most editors show no result of a command."""
    await window.act("nearline.explain", window.open(CODE), BODY)

    assert window.messages == ["hello"]


async def test_a_bar_is_there_from_the_first_moment_until_the_end(window: Editor, cloud: FaultServer) -> None:
    """With a button, before the model has said anything."""
    more = asyncio.Event()
    cloud.play(Wait(more), Text("It adds."), End())
    acting = window.act("nearline.explain", window.open(CODE), BODY)
    await until(lambda: any(window.client.progress_reports.values()), "a bar")
    (bar,) = window.client.progress_reports.values()
    assert isinstance(bar[0], types.WorkDoneProgressBegin)
    assert (bar[0].title, bar[0].cancellable) == ("Nearline: explain", True)
    more.set()
    await acting

    assert isinstance(bar[-1], types.WorkDoneProgressEnd)


async def test_a_command_applies_its_edit_in_one_step(window: Editor, cloud: FaultServer) -> None:
    """So that one undo takes it back."""
    cloud.play(Text(FENCED), End())
    doc = window.open(CODE)
    result = await window.act("nearline.document", doc, BODY)

    assert (result["applied"], result["note"], doc.text) == (True, "", AFTER)
    assert [params.label for params in window.applied] == ["Document"]


async def test_a_selection_is_what_it_is_about(window: Editor, cloud: FaultServer) -> None:
    """And nothing outside of it changes, whatever the model says."""
    cloud.play(Text("```python\nimport os\n\n\nEVERYTHING = 'else'\n```"), End())
    doc = window.open(CODE)
    await window.act("nearline.refactor", doc, CODE.index("print"), len(CODE) - 1, instruction="make it short")

    assert doc.text.startswith(CODE[: CODE.index("print")])
    assert "make it short" in said(cloud)


@pytest.mark.parametrize(
    ("command", "task", "output"),
    [
        ("nearline.explain", "Explain", "text"),
        ("nearline.refactor", "Refactor", "edit"),
        ("nearline.tests", "Write tests", "file"),
        ("nearline.document", "documentation", "edit"),
        ("nearline.completeBody", "Complete", "edit"),
        ("nearline.review", "Review", "text"),
    ],
)
async def test_each_command_gives_its_kind_of_result(
    command: str, task: str, output: str, window: Editor, cloud: FaultServer
) -> None:
    """From one answer that has prose and code."""
    cloud.play(Text(FENCED), End())
    doc = window.open(CODE)
    result = await window.act(command, doc, BODY)

    assert task in said(cloud)
    assert (doc.text == AFTER, bool(window.files)) == (output == "edit", output == "file")
    assert (result["text"], result["applied"]) == (FENCED, output != "text")


async def test_a_fix_without_a_problem_or_a_word_is_refused(window: Editor, cloud: FaultServer) -> None:
    """With an instruction, such as a message of the compiler's, it is not."""
    doc = window.open(CODE)
    result = await window.act("nearline.fix", doc, BODY)
    assert (result["note"], cloud.asked) == ("there is no problem here to fix", [])

    cloud.play(Text(FENCED), End())
    assert (await window.act("nearline.fix", doc, BODY, instruction="E501"))["applied"]


async def test_a_commit_message_is_made_from_the_diff(window: Editor, cloud: FaultServer) -> None:
    """Which the client has."""
    diff = "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-one\n+two\n"
    result = await window.act("nearline.commitMessage", diff=diff)

    assert (result["text"], "+two" in said(cloud)) == ("hello", True)


async def test_a_question_needs_no_document(window: Editor, cloud: FaultServer) -> None:
    """It needs a question."""
    assert (await window.act("nearline.ask", instruction="Why is the sky blue?"))["text"] == "hello"
    assert "Why is the sky blue?" in said(cloud)

    assert (await window.act("nearline.ask"))["note"] == "it needs a question"


async def test_a_follow_up_goes_on(window: Editor, cloud: FaultServer) -> None:
    """The question, the answer before and the code are sent with it."""
    cloud.play(Text("It adds."), End())
    cloud.play(Text("Because."), End())
    doc = window.open(CODE)
    await window.act("nearline.explain", doc, BODY)
    result = await window.act("nearline.followUp", instruction="But why?")

    assert result["text"] == "Because."
    assert "It adds." in said(cloud)
    assert "But why?" in said(cloud)
    assert "return a + b" in said(cloud)


async def test_a_follow_up_that_was_overtaken_is_part_of_no_other_conversation(
    window: Editor, cloud: FaultServer
) -> None:
    """What was said about one document is not sent with a question about another one."""
    more = asyncio.Event()
    doc, other = window.open(CODE), window.open("x = 1\n")
    await window.act("nearline.explain", doc, BODY)
    cloud.play(Text("About "), Wait(more), Text("sums."), End())
    follow_up = window.act("nearline.followUp", instruction="Why sums?")
    await until(lambda: "About" in window.live_text, "a piece")
    await window.act("nearline.explain", other)
    more.set()
    assert (await follow_up)["text"] == "About sums."
    await window.act("nearline.followUp", instruction="And this?")

    assert "x = 1" in said(cloud)
    assert "sums" not in said(cloud)


async def test_the_cloud_is_in_the_status_while_an_action_runs_there(window: Editor, cloud: FaultServer) -> None:
    """Not until the next completion: nobody is asked there any longer."""
    more = asyncio.Event()
    cloud.play(Text("It "), Wait(more), Text("adds."), End())
    explained = window.act("nearline.explain", window.open(CODE), BODY)
    await until(lambda: "It" in window.live_text, "a piece")
    assert (await window.status())["where"] == "cloud"
    more.set()
    await explained

    assert (await window.status())["where"] is None
    assert as_dict(window.statuses[-1])["where"] is None


async def test_without_an_answer_there_is_no_follow_up(launch: Start, tmp_path: Path, cloud: FaultServer) -> None:
    """One sentence."""
    editor = await launch(write(tmp_path / "nearline.yaml", cloud))
    await editor.initialize(root=tmp_path)
    await until(lambda: editor.statuses, "the server to be ready")
    await editor.act("nearline.followUp", instruction="Why?")

    assert editor.messages == ["Nearline, follow up: there is no answer yet that it could follow"]


@pytest.mark.parametrize(
    "argument",
    [
        {"uri": 1},
        {"range": {"start": {"line": "one", "character": 0}, "end": {"line": 0, "character": 0}}},
        {"range": {}},
        {"diagnostics": [1]},
        {"range": 3},
        {"uri": "file:///nowhere.py"},
        {"version": 77},
    ],
    ids=str,
)
async def test_a_wrong_argument_is_one_sentence(argument: dict[str, Any], window: Editor, cloud: FaultServer) -> None:
    """Any key binding may send one."""
    doc = window.open(CODE)
    result = await window.act("nearline.explain", **({"uri": doc.uri} | argument))

    assert (result["text"], result["applied"], cloud.asked) == ("", False, [])
    assert (len(window.messages), bool(result["note"])) == (1, True)


async def test_an_unknown_endpoint_is_one_sentence(window: Editor, cloud: FaultServer) -> None:
    """Which names those that there are."""
    result = await window.act("nearline.explain", window.open(CODE), BODY, pin="nobody")

    assert "cloud" in result["note"]
    assert cloud.asked == []


# --- cancelling


async def test_the_button_stops_the_provider(window: Editor, cloud: FaultServer) -> None:
    """What was shown stays; nothing is applied, and the command ends."""
    cloud.play(Text("```python\ndef"), Wait())
    doc = window.open(CODE)
    acting = window.act("nearline.document", doc, BODY)
    await until(lambda: window.live_text and any(window.client.progress_reports.values()), "a piece and a bar")
    window.press_cancel()
    result = await acting

    await until(lambda: cloud.cancels, "the provider to see it")
    assert (result["applied"], result["note"], doc.text) == (False, "cancelled", CODE)
    assert (window.told[-1]["done"], window.told[-1]["note"]) == (True, "cancelled")
    assert window.messages == []


async def test_cancelling_the_request_stops_the_provider(window: Editor, cloud: FaultServer) -> None:
    """Once."""
    cloud.play(Text("It"), Wait())
    acting = window.act("nearline.explain", window.open(CODE), BODY)
    await until(lambda: window.live_text, "a piece")
    acting.cancel()

    await until(lambda: cloud.cancels, "the provider to see it")
    with pytest.raises(JsonRpcException):
        await acting
    await until(lambda: window.told[-1]["done"], "the end to be told")
    assert cloud.cancels == 1


async def test_the_window_can_be_closed_in_mid_stream(launch: Start, tmp_path: Path, cloud: FaultServer) -> None:
    """The server ends as it should, and so does the provider's work."""
    editor = await launch(write(tmp_path / "nearline.yaml", cloud))
    await editor.initialize(root=tmp_path, progress=True)
    await ready(editor)
    cloud.play(Text("It"), Wait())
    acting = editor.act("nearline.explain", editor.open(CODE), BODY)
    await until(lambda: editor.live_text, "a piece")
    assert await editor.quit() == 0
    await until(lambda: cloud.cancels, "the provider to see it")
    del acting


# --- a document that changes


async def test_an_edit_moves_with_what_is_typed_elsewhere(window: Editor, cloud: FaultServer) -> None:
    """The user need not wait."""
    more = asyncio.Event()
    cloud.play(Text(FENCED[:20]), Wait(more), Text(FENCED[20:]), End())
    doc = window.open(CODE)
    acting = window.act("nearline.document", doc, BODY)
    await until(lambda: window.live_text, "a piece")
    window.insert(doc, 0, "# typed\n")
    window.insert(doc, len(doc.text), "# too\n")
    await window.status()
    more.set()
    result = await acting

    assert (result["applied"], doc.text) == (True, f"# typed\n{AFTER}# too\n")


async def test_an_edit_that_no_longer_fits_is_offered_as_text(window: Editor, cloud: FaultServer) -> None:
    """What the user typed there is theirs."""
    more = asyncio.Event()
    turned = FENCED.replace("a + b", "b + a")
    cloud.play(Text(turned[:20]), Wait(more), Text(turned[20:]), End())
    doc = window.open(CODE)
    acting = window.act("nearline.refactor", doc, BODY)
    await until(lambda: window.live_text, "a piece")
    window.replace(doc, BODY, BODY + len("return a + b"), "yield 77")
    typed = doc.text
    await window.status()
    more.set()
    result = await acting

    assert (result["applied"], result["text"], doc.text) == (False, turned, typed)
    assert "was changed where the answer belongs" in result["note"]
    assert window.applied == []
    assert len(window.messages) == 1


async def test_a_key_that_comes_before_the_edit_is_kept(window: Editor, cloud: FaultServer) -> None:
    """The editor refuses an edit for the version before; the edit is moved and offered once more."""
    cloud.play(Text(FENCED), End())
    doc = window.open(CODE)
    keys = iter(["# typed\n"])
    window.before_applying = lambda: [window.insert(doc, 0, key) for key in keys]
    result = await window.act("nearline.document", doc, BODY)

    assert (result["applied"], doc.text) == (True, f"# typed\n{AFTER}")
    assert len(window.applied) == 2


async def test_a_document_that_is_closed_meanwhile_is_left_alone(window: Editor, cloud: FaultServer) -> None:
    """The answer is text."""
    more = asyncio.Event()
    cloud.play(Text(FENCED), Wait(more), End())
    doc = window.open(CODE)
    acting = window.act("nearline.document", doc, BODY)
    await until(lambda: window.live_text, "a piece")
    window.close(doc)
    await window.status()
    more.set()
    result = await acting

    assert (result["applied"], window.applied) == (False, [])
    assert "closed" in result["note"]


# --- texts as they are


async def test_line_ends_stay_as_they_are(window: Editor, cloud: FaultServer) -> None:
    """Though models answer with line feeds."""
    cloud.play(Text(FENCED), End())
    doc = window.open(CODE.replace("\n", "\r\n"))
    await window.act("nearline.document", doc, doc.text.index("return"))

    assert doc.text == AFTER.replace("\n", "\r\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_positions_count_as_the_client_does(
    encoding: str, launch: Start, tmp_path: Path, cloud: FaultServer
) -> None:
    """An emoji is four, two or one."""
    editor = await launch(write(tmp_path / "nearline.yaml", cloud))
    await editor.initialize(root=tmp_path, encodings=[encoding])
    await ready(editor)
    cloud.play(Text("`later`"), End())
    cloud.play(Text("```python\nx = '😀é' + later\n```"), End())
    doc = editor.open("s = '𝔘😀'\nx = '😀é' + now\n# end 😀\n")
    start = doc.text.index("x =")
    result = await editor.act("nearline.explain", doc, start)
    assert result["text"] == "`later`"
    result = await editor.act("nearline.refactor", doc, start, doc.text.index("\n# end"))

    assert (result["applied"], doc.text) == (True, "s = '𝔘😀'\nx = '😀é' + later\n# end 😀\n")


async def test_a_client_without_versions_and_files_gets_what_it_can(
    launch: Start, tmp_path: Path, cloud: FaultServer
) -> None:
    """Plain changes, commands instead of resolving, no disabled entries, and tests as text."""

    def simple(capabilities: types.ClientCapabilities) -> None:
        assert capabilities.workspace is not None
        assert capabilities.text_document is not None
        capabilities.workspace.workspace_edit = None
        capabilities.text_document.code_action = None

    editor = await launch(write(tmp_path / "nearline.yaml", cloud))
    await editor.initialize(root=tmp_path, able=simple)
    await ready(editor)
    cloud.default = (Text(FENCED), End())
    doc = editor.open(CODE)
    menu = await editor.menu(doc, BODY)
    assert menu["Document"].command is not None
    assert "Fix problems" not in menu
    await editor.client.workspace_execute_command_async(
        types.ExecuteCommandParams(menu["Document"].command.command, menu["Document"].command.arguments)
    )
    assert (doc.text, bool(editor.applied[0].edit.changes)) == (AFTER, True)

    result = await editor.act("nearline.tests", doc, BODY)
    assert (result["text"], result["applied"], editor.files) == (FENCED, False, {})
    assert "cannot make files" in result["note"]


async def test_a_file_that_is_there_is_not_overwritten(window: Editor, cloud: FaultServer) -> None:
    """Its tests are offered as text."""
    cloud.default = (Text(FENCED), End())
    doc = window.open(CODE)
    await window.act("nearline.tests", doc, BODY)
    ((uri, _),) = window.files.items()
    window.forget()
    window.open("mine\n", uri)
    result = await window.act("nearline.tests", doc, BODY)

    assert (result["applied"], window.files, result["text"]) == (False, {}, FENCED)
    assert "is there already" in result["note"]


# --- what goes wrong


@pytest.mark.parametrize(
    ("steps", "note"),
    [
        ((Status(500),), "cloud"),
        ((Status(401),), "cloud"),
        ((Reset(),), "cloud"),
        ((Text("```python\ndef add"), Reset()), "cloud"),
        ((Text("```python\ndef add(a, b):\n    return 1\n```"), Cut()), "cloud"),
    ],
    ids=["500", "401", "reset", "reset in the middle", "cut"],
)
async def test_a_fault_is_one_sentence_and_never_half_an_edit(
    steps: tuple[Any, ...], note: str, window: Editor, cloud: FaultServer
) -> None:
    """Even where what came looks whole."""
    cloud.default = steps
    doc = window.open(CODE)
    result = await window.act("nearline.document", doc, BODY)

    assert (result["applied"], doc.text, window.applied) == (False, CODE, [])
    assert note in result["note"]
    assert [message.count("\n") for message in window.messages] == [0]
    assert window.told[-1]["done"]


async def test_nobody_there_is_one_sentence(launch: Start, tmp_path: Path) -> None:
    """As when the network is down."""
    async with FaultServer() as gone:
        config = write(tmp_path / "nearline.yaml", gone)
    editor = await launch(config)
    await editor.initialize(root=tmp_path)
    await ready(editor)
    editor.forget()
    doc = editor.open(CODE)
    result = await editor.act("nearline.document", doc, BODY)

    assert (result["applied"], doc.text) == (False, CODE)
    assert "cloud" in result["note"]
    assert editor.messages == [f"Nearline, document: {result['note']}"]


async def test_an_answer_that_is_cut_to_the_last_is_not_applied(window: Editor, cloud: FaultServer) -> None:
    """It is continued twice, and then marked."""
    cloud.default = (Text("```python\ndef add(a, b):\n    pass\n```\n"), End("length"))
    doc = window.open(CODE)
    result = await window.act("nearline.document", doc, BODY)

    assert (result["cut"], result["applied"], doc.text, len(cloud.asked)) == (True, False, CODE, 3)
    assert "not whole" in result["note"]


async def test_what_must_stay_in_another_open_file_is_not_sent_along(
    launch: Start, tmp_path: Path, cloud: FaultServer
) -> None:
    """The subject may leave; a definition that it uses comes from a file that may not."""
    editor = await launch(write(tmp_path / "nearline.yaml", cloud, "residency: {paths: ['secret/**']}\n"))
    await editor.initialize(root=tmp_path)
    await ready(editor)
    editor.open("def hidden():\n    return 'PRIVATE'\n", (tmp_path / "secret" / "a.py").as_uri())
    editor.open("def shown():\n    return 'PUBLIC'\n", (tmp_path / "open" / "b.py").as_uri())
    doc = editor.open("def both():\n    return hidden() + shown()\n", (tmp_path / "open" / "c.py").as_uri())
    await editor.act("nearline.explain", doc, 20)

    assert "PUBLIC" in said(cloud)
    assert "PRIVATE" not in said(cloud)
