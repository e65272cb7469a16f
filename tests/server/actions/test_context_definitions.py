"""Declarations in many languages, found without a parser."""

from __future__ import annotations

import pytest

from nearline_server.actions.context.definitions import CUT, MOST_CHARS, MOST_LINES, definitions
from nearline_server.actions.context.patterns import family
from nearline_server.actions.values import OpenFile


def names(text: str, language: str) -> list[str]:
    """The names that a text declares."""
    return [one.name for one in definitions(OpenFile("f", language, text))]


def beginnings(text: str, language: str = "python") -> list[str]:
    """What would be shown of each."""
    return [one.shown.text for one in definitions(OpenFile("f", language, text))]


@pytest.mark.parametrize(
    ("language", "line", "name"),
    [
        ("python", "def fetch(a):", "fetch"),
        ("python", "    async def fetch(self):", "fetch"),
        ("python", "class Größe(Base):", "Größe"),
        ("python", "LIMIT: int = 3", "LIMIT"),
        ("python", "type Pair = tuple[int, int]", "Pair"),
        ("javascript", "export default async function fetch(a) {", "fetch"),
        ("javascript", "export const fetch = async (a) => {", "fetch"),
        ("javascript", "  async fetch(a) {", "fetch"),
        ("typescript", "export interface Row<T> {", "Row"),
        ("typescript", "declare type Id = string", "Id"),
        ("typescript", "export abstract class Store {", "Store"),
        ("typescript", "  private static async fetch<T>(a: T): Promise<T> {", "fetch"),
        ("typescriptreact", "enum Kind {", "Kind"),
        ("go", "func Fetch(a int) error {", "Fetch"),
        ("go", "func (s *Store[T]) Fetch(a int) error {", "Fetch"),
        ("go", "type Store struct {", "Store"),
        ("go", "const Limit = 3", "Limit"),
        ("rust", "pub(crate) async unsafe fn fetch<T>(a: T) {", "fetch"),
        ("rust", "    pub fn fetch(&self) {", "fetch"),
        ("rust", "pub const fn fetch() {}", "fetch"),
        ("rust", "const LIMIT: u8 = 3;", "LIMIT"),
        ("rust", "macro_rules! fetch {", "fetch"),
        ("java", "public final class Store<T> {", "Store"),
        ("java", "    private static Map<String, List<Integer>> fetch(int a) {", "fetch"),
        ("java", "    public <T> T fetch(T a) {", "fetch"),
        ("java", "    static final int LIMIT = 3;", "LIMIT"),
        ("java", "record Row(int a) {}", "Row"),
        ("csharp", "    public async Task<int> Fetch(int a)", "Fetch"),
        ("csharp", "internal readonly struct Row", "Row"),
        ("c", "static int *fetch(const char *a)", "fetch"),
        ("c", "int fetch(int a);", "fetch"),
        ("c", "#define LIMIT 3", "LIMIT"),
        ("c", "typedef unsigned long row_t;", "row_t"),
        ("c", "struct row {", "row"),
        ("cpp", "std::vector<int> Store::fetch(int a) const {", "fetch"),
        ("cpp", "using Row = std::vector<int>;", "Row"),
        ("cpp", "enum class Kind {", "Kind"),
        ("cpp", "static constexpr int LIMIT = 3;", "LIMIT"),
        ("kotlin", "suspend fun <T> List<T>.fetch(a: T): T {", "fetch"),
        ("kotlin", "data class Row(val a: Int)", "Row"),
        ("kotlin", "const val LIMIT = 3", "LIMIT"),
        ("scala", "case class Row(a: Int)", "Row"),
        ("scala", "  override def fetch(a: Int): Int = {", "fetch"),
        ("swift", "public func fetch(a: Int) -> Int {", "fetch"),
        ("swift", "protocol Store {", "Store"),
        ("php", "    public static function fetch($a) {", "fetch"),
        ("php", "const LIMIT = 3;", "LIMIT"),
        ("ruby", "  def self.fetch(a)", "fetch"),
        ("ruby", "class Store::Row < Base", "Row"),
        ("ruby", "LIMIT = 3", "LIMIT"),
        ("lua", "local function fetch(a)", "fetch"),
        ("lua", "function Store.rows:fetch(a)", "fetch"),
        ("lua", "Store.fetch = function(a)", "fetch"),
        ("elixir", "  defp fetch(a) do", "fetch"),
        ("elixir", "defmodule App.Store do", "Store"),
        ("shellscript", "fetch() {", "fetch"),
        ("shellscript", "function fetch {", "fetch"),
        ("haskell", "fetch :: Int -> Int", "fetch"),
        ("haskell", "newtype Row a = Row a", "Row"),
        ("zig", "pub fn fetch(a: u8) u8 {", "fetch"),
        ("zig", "const Store = struct {", "Store"),
        ("perl", "sub fetch {", "fetch"),
        ("r", "fetch <- function(a) {", "fetch"),
        ("sql", "CREATE OR REPLACE VIEW app.rows AS", "rows"),
        ("sql", 'create table if not exists "rows" (', "rows"),
        ("cobol", "function fetch", "fetch"),
    ],
)
def test_a_declaration_is_recognised(language: str, line: str, name: str) -> None:
    """By its line."""
    assert names(f"{line}\n", language) == [name]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("python", "    limit = 3"),
        ("python", "fetch(a)"),
        ("python", "if limit == 3:"),
        ("python", "def __init__(self):"),
        ("javascript", "  const found = fetch(a)"),
        ("javascript", "  if (fetch(a)) {"),
        ("javascript", "  fetch(a);"),
        ("javascript", "  return fetch(a, function () {"),
        ("java", "        return fetch(a);"),
        ("java", "        throw new Error(a);"),
        ("java", "import java.util.List;"),
        ("c", "    return fetch(a);"),
        ("c", "    else if (fetch(a)) {"),
        ("c", "    fetch(a);"),
        ("go", "\tfound := fetch(a)"),
        ("rust", "    let found = fetch(a);"),
        ("ruby", "  found = fetch a"),
        ("plaintext", "The definition of a class."),
        ("python", f"def fetch({'a' * 400}):"),
    ],
)
def test_what_declares_nothing_is_none(language: str, line: str) -> None:
    """Uses, locals, and lines that are data."""
    assert names(f"{line}\n", language) == []


@pytest.mark.parametrize(
    ("language", "text", "shown"),
    [
        ("python", "def f():\n    a\n\n    b\nc\n", "def f():\n    a\n\n    b"),
        ("python", "def f():\n    a\n\n\nc = 1\n", "def f():\n    a"),
        ("python", "def f(\n    a,\n) -> int:\n    b\n\nc\n", "def f(\n    a,\n) -> int:\n    b"),
        ("python", "A = {\n    1: 2,\n}\nb()\n", "A = {\n    1: 2,\n}"),
        ("python", "A = 1\nb()\n", "A = 1"),
        ("python", "class A:\n\n\n", "class A:"),
        ("python", "if x:\n    def f():\n        a\n    b\n", "def f():\n    a"),
        ("python", "def f():\r\n    a\r\nb\r\n", "def f():\n    a"),
        ("python", "def f():\r    a\rb\r", "def f():\n    a"),
        ("c", "int f(int a)\n{\n  return a;\n}\nint x;\n", "int f(int a)\n{\n  return a;\n}"),
        ("go", "func f() {\n\ta()\n}\n\nvar b int\n", "func f() {\n\ta()\n}"),
        ("ruby", "def f\n  a\nend\nb\n", "def f\n  a\nend"),
        ("typescript", "function f(\n  a: A,\n): B {\n  c()\n}\nd()\n", "function f(\n  a: A,\n): B {\n  c()\n}"),
    ],
)
def test_a_definition_ends_where_its_block_does(language: str, text: str, shown: str) -> None:
    """With the bracket that closes it, and without what it is indented by."""
    assert beginnings(text, language)[0] == shown


def test_of_a_long_definition_the_beginning_is_shown() -> None:
    """With a mark; one that just fits has none."""
    whole = "def f():\n" + "    a\n" * (MOST_LINES - 1)

    assert beginnings(f"{whole}\nb\n") == [whole.rstrip("\n")]
    assert beginnings(f"{whole}    a\n\nb\n") == [f"{whole}{CUT}"]


def test_only_the_beginning_of_a_huge_text_is_looked_at() -> None:
    """A generated file is no reason to wait."""
    assert names("x()\n" * (MOST_CHARS // 4) + "def late(): ...\n", "python") == []


def test_languages_that_use_each_other_s_declarations_are_one_family() -> None:
    """An unknown one stands alone."""
    assert family("typescriptreact") == family("javascript")
    assert family("python") != family("ruby")
    assert family("cobol") == "cobol"
