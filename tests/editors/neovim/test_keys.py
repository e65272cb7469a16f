"""The keys: accept, word, line, next, previous, dismiss, trigger, and what they do when there is nothing."""

from __future__ import annotations

import pytest

from .conftest import Editor, Start

ADD = "def add(a, b):\n    return a + b"
INVOKED, AUTOMATIC = 1, 2


def show(editor: Editor, text: str, typed: str) -> None:
    """Types the beginning of the text and waits for the rest as ghost text."""
    editor.script(text)
    editor.type(f"i{typed}")
    editor.until_ghost(text.removeprefix(typed))


def test_tab_inserts_the_ghost_text(start: Start) -> None:
    """All lines are inserted, the cursor stands at their end, and no ghost text is left."""
    editor = start("\nlast = 1\n")
    show(editor, ADD, "d")
    editor.type_to("<Tab>", "def add(a, b):", "    return a + b", "last = 1")
    assert editor.cursor() == (2, len("    return a + b"))
    assert editor.ghost() == ""
    assert editor.nvim.api.get_mode()["mode"] == "i"
    assert editor.screen(3) == ["def add(a, b):", "    return a + b", "last = 1"]


def test_the_items_command_reaches_the_server(start: Start) -> None:
    """An accepted item's command is executed, once."""
    editor = start()
    show(editor, ADD, "d")
    editor.type("<Tab>")
    assert editor.until_event("accepted")["text"] == ADD
    editor.barrier()
    assert len(editor.events("accepted")) == 1


def test_the_next_suggestion_is_asked_for_after_an_accept(start: Start) -> None:
    """Accepting asks at once for what comes next, without the wait after a key."""
    editor = start()
    show(editor, "one", "o")
    editor.lua("require('nearline.asking').debounce_ms = 60000")
    editor.script("one = two")
    editor.type_to("<Tab>", "one")
    editor.until_ghost(" = two")


def test_one_undo_takes_back_exactly_the_accepted_text(start: Start) -> None:
    """What was typed before and after an accept are undo steps of their own."""
    editor = start()
    show(editor, ADD, "de")
    editor.type_to("<Tab>", *ADD.split("\n"))
    editor.type_to("  # ok<Esc>", "def add(a, b):", "    return a + b  # ok")
    editor.type_to("u", *ADD.split("\n"))
    editor.type_to("u", "de")
    assert editor.lines() == ["de"]
    editor.type_to("<C-r>", *ADD.split("\n"))


def test_accepting_on_an_indented_new_line_keeps_the_indent(start: Start) -> None:
    """Vim removes an automatic indent that was not typed after; an accepted text counts as typed."""
    editor = start("    first()\n", before="vim.o.autoindent = true")
    editor.script("    second()")
    editor.type("o")
    editor.until_ghost("second()")
    editor.type_to("<Tab><Esc>", "    first()", "    second()")
    assert editor.lines() == ["    first()", "    second()"]


def test_words_are_accepted_one_by_one(start: Start) -> None:
    """A word takes its leading blanks along; each step tells the length accepted until now, in UTF-16."""
    editor = start()
    text = "total = größe('😀x')\n    return"
    show(editor, text, "t")
    for step in ("total", "total =", "total = größe"):
        editor.type_to("<M-Right>", step)
        assert editor.ghost() == text.removeprefix(step)
    lengths = [event["acceptedLength"] for event in [editor.until_event("partial", i) for i in (1, 2, 3)]]
    assert lengths == [len("otal"), len("otal ="), len("otal = größe")]
    assert editor.events("partial")[0]["item"]["insertText"] == text[1:]
    assert editor.events("accepted") == []


def test_accepted_length_counts_what_was_typed_along(start: Start) -> None:
    """The length is counted from the beginning of the item's text, whatever part of it was typed."""
    editor = start()
    editor.script("print('😀', total, 1)", whole=True)
    editor.type("ipri")
    editor.until_ghost("nt('😀', total, 1)")
    editor.type_to("nt", "print")
    editor.type_to("<M-Right>", "print('")
    editor.type_to("<M-Right>", "print('😀")
    assert [editor.until_event("partial", i)["acceptedLength"] for i in (1, 2)] == [7, 9]


def test_the_last_word_is_a_full_accept(start: Start) -> None:
    """When the words are used up the item counts as accepted."""
    editor = start()
    show(editor, "one two", "o")
    editor.type_to("<M-Right>", "one")
    editor.type_to("<M-Right>", "one two")
    assert editor.until_event("accepted")["text"] == "one two"
    assert len(editor.events("partial")) == 1


def test_lines_are_accepted_one_by_one(start: Start) -> None:
    """A line goes to its end, the next one begins with the line break."""
    editor = start()
    text = "if a:\n    b()\nelse:\n    c()"
    show(editor, text, "i")
    editor.type_to("<M-l>", "if a:")
    assert editor.ghost() == "\n    b()\nelse:\n    c()"
    assert editor.screen(4) == text.split("\n")
    editor.type_to("<M-l>", "if a:", "    b()")
    assert editor.cursor() == (2, 7)
    assert editor.ghost() == "\nelse:\n    c()"
    assert [editor.until_event("partial", i)["acceptedLength"] for i in (1, 2)] == [4, 12]
    editor.type_to("<M-l><M-l>", *text.split("\n"))
    editor.until_event("accepted")


def test_one_undo_takes_back_one_word(start: Start) -> None:
    """A partly accepted suggestion is undone step by step."""
    editor = start()
    show(editor, "one two three", "o")
    editor.type_to("<M-Right>", "one")
    editor.type_to("<M-Right>", "one two")
    editor.type("<Esc>")
    editor.type_to("u", "one")
    editor.type_to("u", "o")


def test_next_and_previous_go_round(start: Start) -> None:
    """The items of one answer are shown in turn, each is told as shown, and the one shown is accepted."""
    editor = start()
    editor.script("read(x)", "reset()", "return")
    editor.type("ire")
    editor.until_ghost("ad(x)")
    asked = len(editor.requests())
    for key, text in [("<M-]>", "set()"), ("<M-]>", "turn"), ("<M-]>", "ad(x)"), ("<M-[>", "turn")]:
        editor.type(key)
        editor.until_ghost(text)
    assert editor.screen(1) == ["return"]
    shown = [editor.until_event("show", i + 1)["item"]["insertText"] for i in range(5)]
    assert shown == ["ad(x)", "set()", "turn", "ad(x)", "turn"]
    assert len(editor.requests()) == asked
    editor.type_to("<Tab>", "return")


def test_next_asks_for_more_when_there_is_one_item(start: Start) -> None:
    """With nothing to go on to, the server is asked explicitly, and the second item is shown."""
    editor = start()
    show(editor, "read(x)", "r")
    editor.script("read(x)", "reset()")
    editor.type("<M-]>")
    editor.until_ghost("eset()")
    assert editor.requests()[-1]["kind"] == INVOKED


def test_dismissed_text_stays_away(start: Start) -> None:
    """A dismissed suggestion does not come back by itself, and the next key asks again."""
    editor = start()
    show(editor, "total = 1", "t")
    asked = len(editor.requests())
    editor.type("<C-]>")
    editor.until_ghost("")
    uri, version = editor.lua("return { vim.uri_from_bufnr(0), vim.lsp.util.buf_versions[vim.fn.bufnr()] }")
    here = {"uri": uri, "version": version, "position": {"line": 0, "character": 1}}
    editor.from_server("nearline/inlineCompletion/refresh", here)
    editor.barrier()
    assert len(editor.requests()) == asked
    assert editor.ghost() == ""
    editor.type("o")
    editor.until_ghost("tal = 1")


def test_the_trigger_key_asks_explicitly(start: Start) -> None:
    """Typing asks with the automatic kind, the key with the invoked one."""
    editor = start()
    editor.script()
    editor.type_to("it", "t")
    assert {request["kind"] for request in editor.requests()} == {AUTOMATIC}
    editor.script("total")
    editor.type("<M-Bslash>")
    editor.until_ghost("otal")
    assert editor.requests()[-1]["kind"] == INVOKED


def test_tab_is_a_tab_without_ghost_text(start: Start) -> None:
    """With nothing to accept, Tab inserts what it always does."""
    editor = start(name="a.txt")
    editor.type_to("ia<Tab>b", "a\tb")
    editor.type_to("<Esc>:set expandtab sw=4 sts=4<CR>o<Tab>c", "a\tb", "    c")


@pytest.mark.parametrize(
    "mapping",
    [
        "vim.cmd('inoremap <Tab> [mine]')",
        'vim.cmd(\'inoremap <expr> <Tab> "[mi" .. "ne]"\')',
        "vim.keymap.set('i', '<Tab>', function() vim.api.nvim_put({ '[mine]' }, 'c', false, true) end)",
        "vim.keymap.set('i', '<Tab>', function() return '[mine]' end, { expr = true })",
    ],
)
def test_the_users_own_tab_still_works(start: Start, mapping: str) -> None:
    """A mapping that was there before runs when there is no ghost text, whatever its kind."""
    editor = start(before=mapping)
    editor.type_to("ia<Tab>b", "a[mine]b")
    editor.type("<Esc>cc")
    editor.script("total")
    editor.type("t")
    editor.until_ghost("otal")
    editor.type_to("<Tab>", "total")


def test_setting_up_twice_keeps_the_users_tab(start: Start) -> None:
    """The second `setup` does not take the first one's mapping for the user's."""
    editor = start(before="vim.cmd('inoremap <Tab> [mine]')")
    editor.lua("require('nearline').setup(vim.tbl_extend('force', require('nearline').config(), ...))", {})
    editor.type_to("i<Tab>", "[mine]")
    editor.lua("require('nearline.keys').unset()")
    editor.type_to("<Tab>", "[mine][mine]")


def test_keys_can_be_changed_and_left_out(start: Start) -> None:
    """`keymaps` replaces single keys; false leaves a key alone."""
    editor = start(keymaps={"accept": "<C-y>", "dismiss": False})
    show(editor, "total", "t")
    editor.type_to("<C-y>", "total")
    assert editor.lua("return vim.fn.maparg('<C-]>', 'i')") == ""
    assert editor.lua("return vim.fn.maparg('<M-l>', 'i', false, true).desc") == "Nearline: accept the next line"


def test_unmapped_alt_keys_do_nothing_without_ghost_text(start: Start) -> None:
    """Without a suggestion they do not leave insert mode, as Alt keys do by default."""
    editor = start()
    editor.type_to("ia<M-l><M-Right><M-]>b", "ab")


def test_tab_belongs_to_the_popup_menu_while_an_item_is_selected(start: Start) -> None:
    """The user's Tab goes through the menu when the menu has a selection."""
    editor = start("alpha alpine\n", before='vim.cmd(\'inoremap <expr> <Tab> pumvisible() ? "<C-n>" : "<Tab>"\')')
    editor.script("alphabet")
    editor.type("oal<C-n>")
    editor.until(lambda: editor.lua("return vim.fn.pumvisible()") == 1, "popup menu")
    editor.until_ghost("bet")
    editor.type_to("<Tab>", "alpha alpine", "alpine")


def test_accept_can_be_called_from_the_users_own_mapping(start: Start) -> None:
    """`require('nearline').accept()` says whether there was ghost text, also in an expression mapping."""
    mapping = """
    vim.keymap.set('i', '<C-e>', function()
      return require('nearline').accept() and '' or '[none]'
    end, { expr = true })
    """
    editor = start(before=mapping)
    editor.type_to("i<C-e>", "[none]")
    editor.script("total")
    editor.type("<C-u>t")
    editor.until_ghost("otal")
    editor.type_to("<C-e>", "total")


def test_a_replayed_macro_asks_nothing(start: Start) -> None:
    """Running a macro is not typing."""
    editor = start("one\ntwo\nthree\n")
    editor.type_to("qqAx<Esc>jq", "onex")
    asked, focused = len(editor.requests()), len(editor.events("focus"))
    editor.type_to("2@q", "onex", "twox", "threex")
    assert len(editor.requests()) == asked
    assert len(editor.events("focus")) == focused
