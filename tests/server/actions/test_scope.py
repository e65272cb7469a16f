"""What an action is about. The cursor is drawn as ║, the first and the last line of what is expected carry a ¦."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.actions.scope.enclosing import LONGEST_DOCUMENT_CHARS, scope
from nearline_server.actions.span_text import text_in
from nearline_server.actions.values import Chosen, Point, Span
from nearline_server.documents.buffer import Buffer, content, split_lines

FUNCTIONS = [
    ("python", "import os\n\n¦def f(x):\n    if x:\n        ║y = 1\n¦    return y\n\nz = 1\n"),
    (
        "python",
        "class A:\n"
        "    @cached(\n"
        "        1,\n"
        "    )\n"
        "    def g(self): ...\n"
        "\n"
        "¦    @a\n"
        "    @b(1)\n"
        "    ║async def f(self):\n"
        "¦        pass\n",
    ),
    ("python", "¦@║a\ndef f():\n¦    pass\n"),
    (
        "python",
        "¦def f(\n"
        "    a,\n"
        "    b=(),\n"
        ") -> int:\n"
        "    x = '''\n"
        "not dedented\n"
        "'''\n"
        "\n"
        "    # why\n"
        "¦    ║return x\n"
        "# g\n"
        "def g():\n"
        "    pass\n",
    ),
    ("python", "def f():\n    x = 1\n\n¦    def g():\n        ║return x\n\n¦        # last\n    return g\n"),
    ("python", "def f(:\n    x = (1,\n\n¦def g():\n    y = [\n¦    ║z = 1\n\ndef h():\n    pass"),
    ("python", 'def f():\n    """\n    x = 1\n\n¦def g():\n    """Why."""\n¦    ║return 1\n'),
    ("python", "¦def f():\n    x = 1\n\n¦    ║\n"),
    ("python", "class A:\n¦    def f(self):\n        return {\n    'a': 1,\n}[\n¦║'a']\n    def g(self): ...\n"),
    ("python", "if x:\n¦    def f():\n        a = 1 + \\\n  2\n¦        ║return a\nelse:\n    pass\n"),
    (
        "javascript",
        "const a = 1;\n¦function f(x) {\n  // }\n  const s = \"}\" + '}' + `}${x}`;\n  ║return s;\n¦}\n\nf();\n",
    ),
    ("javascript", "¦export const f = async ({ a, b }) => {\n  await a.map((x) => {\n    ║b(x);\n  });\n¦};\n"),
    (
        "javascript",
        "class A {\n  #x = 1;\n\n¦  get x() {\n    return this.║#x.replace(/[{/]/g, '');\n¦  }\n\n  set x(y) {}\n}\n",
    ),
    ("javascript", "module.exports = {\n  a() {\n  },\n¦  b: function (x) {\n    ║return x;\n¦  },\n};\n"),
    (
        "typescript",
        "class A {\n"
        "  /**\n"
        "   * Old.\n"
        "   */\n"
        "  a(): void {}\n"
        "\n"
        "¦  /** Why. */\n"
        "  @Input({\n"
        "    a: 1,\n"
        "  })\n"
        "  private async get<T extends B>(\n"
        "    id: number,\n"
        "    map: Map<string, T[]>,\n"
        "  ): Promise<T> {\n"
        "    for (let i = 0; i < 9; i++) {\n"
        "      ║x();\n"
        "    }\n"
        "¦  }\n"
        "}\n",
    ),
    (
        "typescriptreact",
        "¦export default function App(): JSX.Element {\n"
        "  const f = useCallback(() => {\n"
        "    g();\n"
        "  }, []);\n"
        '  return <p title="{">Don\'t {║f}</p>;\n'
        "¦}\n",
    ),
    (
        "java",
        "package a;\n"
        "\n"
        "public class A {\n"
        "    int x;\n"
        "\n"
        "¦    /** Why. */\n"
        "    @Override\n"
        '    @X(a = "{")\n'
        "    public <T> List<T> f(final Map<String, T> a)\n"
        "            throws IOException, B {\n"
        "        if (a == null) {\n"
        "            throw new B('}');\n"
        "        } else {\n"
        "            ║return null;\n"
        "        }\n"
        "¦    }\n"
        "}\n",
    ),
    (
        "c",
        "#include <a.h>\n"
        "\n"
        "¦static int\n"
        "f(const char *s,\n"
        "  int n)\n"
        "{\n"
        "    for (;;) {\n"
        "        ║if (s[n] == '}') break;\n"
        "    }\n"
        "¦}\n"
        "\n"
        "int g;\n",
    ),
    ("c", "¦struct a *f(struct a *x) {\n    list_for_each(p, x) {\n        ║y();\n    }\n¦}\n"),
    (
        "cpp",
        "namespace a {\n"
        "\n"
        "¦template <typename T>\n"
        "A<T>::A(int x)\n"
        "    : x_(x),\n"
        "      y_{x} {\n"
        '    ║f(R"(})");\n'
        "¦}\n"
        "\n"
        "}  // namespace a\n",
    ),
    (
        "cpp",
        "class A {\n public:\n¦  bool operator==(const A& a) const noexcept override {\n    ║return true;\n¦  }\n};\n",
    ),
    (
        "go",
        "package a\n"
        "\n"
        "¦// Run runs.\n"
        "func (s *Server[T]) Run(ctx context.Context) (int, error) {\n"
        "\tgo func() {\n"
        "\t\t║x(`}`)\n"
        "\t}()\n"
        "\treturn 1, nil\n"
        "¦}\n"
        "\n"
        "var a = 1\n",
    ),
    (
        "go",
        "func a() {}\n"
        "\n"
        "¦func b(\n"
        "\tx int,\n"
        ") error {\n"
        "\tif x := f(); x != nil {\n"
        "\t\treturn ║x\n"
        "\t}\n"
        "\treturn nil\n"
        "¦}\n",
    ),
    (
        "rust",
        "impl<T: Fn(A)> B for A<T> {\n"
        "¦    /// Why {.\n"
        "    #[inline]\n"
        "    pub(crate) unsafe fn f<'a, U>(&'a self, x: U) -> Option<&'a str>\n"
        "    where\n"
        "        U: Clone,\n"
        "        T: B,\n"
        "    {\n"
        "        match x {\n"
        "            Some(y) => {\n"
        "                ║'{'\n"
        "            }\n"
        "        }\n"
        "¦    }\n"
        "}\n",
    ),
    ("rust", '¦async fn f() -> &\'static str {\n    let s = r#"}"}"#; ║\n¦}\nfn g() {}\n'),
    (
        "csharp",
        "namespace A\n"
        "{\n"
        "    public class B : C\n"
        "    {\n"
        "¦        /// <summary>Why.</summary>\n"
        "        [Fact]\n"
        '        public async Task<int> F(string a = @"\\")\n'
        "            where T : new()\n"
        "        {\n"
        "            using (var x = a)\n"
        "            {\n"
        "                ║await x;\n"
        "            }\n"
        "¦        }\n"
        "    }\n"
        "}\n",
    ),
    (
        "kotlin",
        "class A(val f: () -> Unit) : B() {\n"
        "¦    @JvmStatic\n"
        "    override suspend fun <T> List<T>.f(x: Int = 1): Map<A, B> {\n"
        '        val s = """}"""\n'
        "        x.let {\n"
        "            ║it\n"
        "        }\n"
        "¦    }\n"
        "}\n",
    ),
    (
        "swift",
        "struct A {\n"
        "¦    init?(a: Int) {\n"
        "        guard a > 0 else {\n"
        "            ║return nil\n"
        "        }\n"
        "¦    }\n"
        "    static func == (a: A, b: A) -> Bool { true }\n"
        "}\n",
    ),
    (
        "swift",
        "extension A {\n    var x: Int { 1 }\n¦    static func == (a: A, b: A) -> Bool {\n        ║true\n¦    }\n}\n",
    ),
    (
        "php",
        "<?php\n"
        "class A extends B\n"
        "{\n"
        "¦    #[Route('/}')]\n"
        "    public function &f(array $a = []): ?int\n"
        "    {\n"
        "        $s = <<<EOT\n"
        "        } {$x}\n"
        "        EOT;\n"
        "        # }\n"
        "        return ║array_map(function ($x) { return $x; }, $a);\n"
        "¦    }\n"
        "}\n",
    ),
    ("scala", "object A {\n¦  def f(x: Int): Int = {\n    ║x\n¦  }\n}\n"),
    ("dart", "class A {\n¦  Future<void> f(int x) async {\n    ║print('}');\n¦  }\n}\n"),
    ("shellscript", 'x=1\n¦f() {\n  echo "${x#y}" # }\n  ║echo 1\n¦}\nf\n'),
    ("perl", "¦sub f {\n    my ($x) = @_;\n    ║return $x;\n¦}\n"),
    (
        "ruby",
        "class A\n"
        "¦  # Why.\n"
        "  def f(x)\n"
        "    return 1 if x\n"
        "    y = if x then 2 else 3 end\n"
        "    while x do\n"
        "      x.each do |z|\n"
        '        ║puts "end", :end, z.class\n'
        "      end\n"
        "    end\n"
        "¦  end\n"
        "\n"
        "  def g = 1\n"
        "end\n",
    ),
    ("ruby", "¦def f?(a,\n       b)\n  s = <<~SQL\n    end\n  SQL\n  ║s\n¦end\n"),
    (
        "lua",
        "local M = {}\n"
        "\n"
        "¦-- Why.\n"
        "function M.f(x)\n"
        "  if x then\n"
        "    g(function() ║return [[end]] end)\n"
        "  elseif y then\n"
        "    repeat x = 1 until x -- end\n"
        "  end\n"
        "¦end\n"
        "\n"
        "return M\n",
    ),
    ("lua", "¦M.f = function(x)\n  for i = 1, 2 do ║print(i) end\n¦end\n"),
    (
        "elixir",
        "defmodule A do\n"
        '¦  @doc """\n'
        "  Why do.\n"
        "\n"
        "  At length.\n"
        '  """\n'
        "  @spec f(integer) :: integer\n"
        "  def f(x)\n"
        "      when x > 0 do\n"
        "    if x == 1, do: 1\n"
        "    ║Enum.map([x], fn y -> y end)\n"
        "¦  end\n"
        "\n"
        "  def g(x), do: x\n"
        "end\n",
    ),
]
CLASSES = [
    ("python", "¦@dataclass\nclass A(B):\n    x: int = 1\n    ║\n    def f(self):\n¦        return 1\n\n\nx = 1\n"),
    ("python", "def f():\n¦    class ║A:\n¦        x = 1\n    return A\n"),
    ("javascript", "¦export class A extends B {\n  ║x = 1;\n  f() {}\n¦}\n"),
    ("typescript", "¦export interface A<T>\n  extends B {\n  x: string; ║;\n¦}\n"),
    ("java", "¦@Entity\npublic record A(int x) implements B {\n    ║static final int Y = 1;\n¦}\n"),
    ("cpp", "¦template <class T>\nstruct A final : public B<T> {\n  ║int x;\n¦};\n"),
    ("go", "¦// A is.\ntype A struct {\n\t║x int\n¦}\n"),
    ("rust", "#![allow(a)]\n\n¦#[derive(Debug)]\npub enum A {\n    ║B,\n¦}\n"),
    (
        "csharp",
        "namespace A\n{\n¦    public sealed class B<T>\n        where T : C\n    {\n        ║int x;\n¦    }\n}\n",
    ),
    ("ruby", "module A\n¦  class B < C\n    ║attr_reader :x\n    def f; end\n¦  end\nend\n"),
    ("elixir", "¦defmodule A.B do\n  ║use C\n¦end\n"),
]
BLOCKS = [
    ("python", "x = 1\n¦if x:\n    y = 1\nelif z:\n    ║y = 2\nelse:\n¦    y = 3\nz = 1\n"),
    ("python", "¦try:\n    ║x = 1\nexcept A:\n¦    pass\n"),
    ("javascript", "¦describe('a {', () => {\n  ║x = 1;\n¦});\n"),
    ("javascript", "¦if (a) {\n  b();\n}\nelse if (c) {\n  ║d();\n} else {\n  e();\n¦}\nf();\n"),
    ("javascript", "const a = {\n  b: 1,\n¦  c: {\n    ║d: 2,\n¦  },\n};\n"),
    ("go", "¦var a = []int{\n\t║1,\n¦}\n"),
    ("css", "a { b: c }\n\n¦.d,\n.e:hover {\n  ║f: g;\n¦}\n"),
    ("json", '{\n¦  "a": {\n    ║"b": 1\n¦  }\n}\n'),
    ("lua", "x = 1\n¦for i = 1, 2 do\n  ║print(i)\n¦end\n"),
    ("markdown", "# A\n\n¦One ║two\n¦three.\n\nFour.\n"),
    ("sql", "select 1;\n\n¦select a\n¦from ║b\n"),
    ("yaml", "a: 1\n\n¦b:\n¦  c: ║2\n"),
]
LINES = [
    ("python", "import os\n¦imp║ort sys\n\ndef f(): pass\n"),
    ("python", "def f():\n    pass\n¦║\ndef g():\n    pass\n"),
    ("go", "func a() {}\n¦var ║b = 1\nfunc c() {}\n"),
    ("cpp", "namespace a {\n¦int ║x;\nint f() {}\n}\n"),
    ("ruby", "def f\nend\n¦x = ║1 if y\n"),
    ("markdown", "A\n¦║\nB\n"),
    ("python", "¦║"),
    ("python", "x = 1\n¦║"),
]
BROKEN = [
    ("javascript", "function a() {\n  if (x) {\n    y();\n}\n\n¦function b() {\n  ║z();\n¦}\n"),
    ("javascript", "¦function a() {\n  if (x {\n    ║y();\n  \n¦\nfunction b() {\n  z();\n}\n"),
    (
        "java",
        "class A {\n"
        "    void a() {\n"
        "        x(\n"
        "    }\n"
        "\n"
        "    void b() {\n"
        "        }\n"
        "    }\n"
        "\n"
        "¦    void c() {\n"
        "        ║y();\n"
        "¦    }\n",
    ),
    ("c", "int a() {\n    }\n}\n\n¦int b() {\n    ║x;\n¦}\n"),
    ("rust", 'fn a() {\n    let s = "{";\n    match x {\n\n¦fn b() {\n    ║y\n¦}\n'),
    ("ruby", "def a\n  if x\nend\n\n¦def b\n  ║y\n¦end\n"),
    (
        "python",
        "class A:\n    def f(self:\n        x = {\n\n¦    def g(self):\n¦        ║return 1\n\nclass B:\n    pass\n",
    ),
]


def drawn(drawing: str) -> tuple[str, Point, tuple[int, int]]:
    """The text without its marks, the cursor, and the first and last line that are marked."""
    lines = split_lines(drawing)
    marked = [number for number, line in enumerate(lines) if "¦" in line]
    number = next(number for number, line in enumerate(lines) if "║" in line)
    cursor = (number, lines[number].replace("¦", "").index("║"))
    return drawing.replace("¦", "").replace("║", ""), cursor, (marked[0], marked[-1])


def check(language: str, drawing: str, kind: Chosen, line_end: str = "\n") -> None:
    text, cursor, (first, last) = drawn(drawing.replace("\n", line_end))
    lines = split_lines(text)
    end = (last + 1, 0) if last + 1 < len(lines) else (last, len(content(lines[last])))

    assert scope(text, language, Span(cursor, cursor)) == (Span((first, 0), end), kind)


@pytest.mark.parametrize(("language", "drawing"), FUNCTIONS)
def test_the_innermost_function_with_its_head(language: str, drawing: str) -> None:
    """Decorators, attributes, comments directly above and heads of several lines belong to it."""
    check(language, drawing, "function")


@pytest.mark.parametrize(("language", "drawing"), CLASSES)
def test_outside_of_its_methods_it_is_the_class(language: str, drawing: str) -> None:
    """Also on the line of the class itself, inside of a function."""
    check(language, drawing, "class")


@pytest.mark.parametrize(("language", "drawing"), BLOCKS)
def test_outside_of_functions_and_classes_it_is_the_innermost_block(language: str, drawing: str) -> None:
    """A chain of conditions is one; a language that is not known has paragraphs."""
    check(language, drawing, "block")


@pytest.mark.parametrize(("language", "drawing"), LINES)
def test_else_it_is_the_line(language: str, drawing: str) -> None:
    """A namespace around the whole file is nothing to act upon."""
    check(language, drawing, "line")


@pytest.mark.parametrize(("language", "drawing"), BROKEN)
def test_code_that_does_not_parse_is_read_by_its_indentation(language: str, drawing: str) -> None:
    """A bracket or an end too many or too few spoils its own function only."""
    check(language, drawing, "function")


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
@pytest.mark.parametrize(("language", "drawing"), FUNCTIONS)
def test_line_ends_make_no_difference(language: str, drawing: str, line_end: str) -> None:
    """The same lines with CRLF and with carriage returns alone."""
    check(language, drawing, "function", line_end)


@pytest.mark.parametrize("separator", ["\x0c", "\u2028", "\x85", "\x0b"])
def test_a_separator_that_ends_no_line_is_a_character(separator: str) -> None:
    """The protocol knows three line ends."""
    check("python", f"x = '{separator}'\n¦def f():\n    y = '{separator}'\n¦    ║return y\n", "function")
    check("c", f'int x; // {separator} {{\n¦int f() {{\n    ║y("{separator}");\n¦}}\n', "function")


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ((0, 1), (0, 2), "b"),
        ((0, 2), (0, 1), "b"),
        ((0, 1), (1, 1), "abc\n  def\n"),
        ((0, 2), (1, 0), "abc\n"),
        ((1, 0), (2, 0), "  def\n"),
        ((1, 3), (9, 9), "  def\nghi"),
        ((2, 0), (2, 3), "ghi"),
    ],
)
def test_a_selection_is_taken_as_it_is_and_several_lines_whole(start: Point, end: Point, expected: str) -> None:
    """In either direction; a line that the selection only ends before is not part of it."""
    text = "abc\n  def\nghi"

    span, chosen = scope(text, "python", Span(start, end))

    assert (text_in(text, span), chosen) == (expected, "selection")


def test_a_very_long_document_has_paragraphs() -> None:
    """It is generated, and a menu cannot wait for it."""
    text = "function f() {\n\n  x\n  y\n\n}\n" + "z" * LONGEST_DOCUMENT_CHARS

    assert scope(text, "javascript", Span((3, 0), (3, 0))) == (Span((2, 0), (4, 0)), "block")


LANGUAGE = st.sampled_from(["python", "javascript", "c", "rust", "php", "ruby", "lua", "elixir", "go", "plaintext"])
PIECE = st.sampled_from(
    [
        *"\n\n\n\r \t{}()[]\"'`/\\#;,=é😀\u2028\x0c",
        "\r\n", "    ", "def f", "class A", "function f()", "if x", "else", "end", "do", "fn ", '"""', "/*", "*/", "//",
        "--[[", "<<~A\n", "=> {", "@a\n", "template <a>\n", "where\n", ":\n",
    ]
)  # fmt: skip
PLACE = st.tuples(st.integers(0, 9), st.integers(0, 9))


@given(LANGUAGE, st.lists(PIECE, max_size=40).map("".join), PLACE, PLACE)
def test_whatever_the_text_the_place_is_in_what_is_chosen(language: str, text: str, start: Point, end: Point) -> None:
    """The scope exists in the document and holds the selection, or the cursor's line."""
    buffer = Buffer(text)

    span, chosen = scope(text, language, Span(start, end))

    assert (buffer.clamp(*span.start), buffer.clamp(*span.end)) == (span.start, span.end)
    low, high = sorted((buffer.clamp(*start), buffer.clamp(*end)))
    assert span.start <= low
    assert span.end >= high or (chosen != "selection" and span.end[0] == buffer.line_count - 1)
