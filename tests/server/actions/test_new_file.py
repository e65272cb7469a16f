"""Where new tests go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.actions.new_file import CONVENTIONS, framework_of, new_file_path
from nearline_server.actions.values import Span, Subject
from nearline_server.documents.languages import LANGUAGES

SUBJECT = Subject("file:///a", "a", None, "plaintext", 1, "", Span((0, 0), (0, 0)), "line")


@pytest.mark.parametrize(
    ("language", "path", "expected"),
    [
        ("python", "x.py", "test_x.py"),
        ("python", "app/x.py", "app/test_x.py"),
        ("python", "tests/helpers/x.py", "tests/helpers/test_x.py"),
        ("python", "app/x.pyi", "app/test_x.py"),
        ("python", "app/test_x.py", "app/test_x_more.py"),
        ("python", "test_.py", "test_test_.py"),
        ("typescript", "src/x.ts", "src/x.test.ts"),
        ("typescript", "src/x.mts", "src/x.test.mts"),
        ("typescript", "src/x.test.ts", "src/x_more.test.ts"),
        ("typescriptreact", "src/X.tsx", "src/X.test.tsx"),
        ("javascript", "x.js", "x.test.js"),
        ("javascriptreact", "x.jsx", "x.test.jsx"),
        ("go", "pkg/x.go", "pkg/x_test.go"),
        ("go", "pkg/x_test.go", "pkg/x_more_test.go"),
        ("rust", "src/x.rs", "tests/x.rs"),
        ("rust", "crates/a/src/b/x.rs", "crates/a/tests/x.rs"),
        ("rust", "tests/x.rs", "tests/x_test.rs"),
        ("java", "src/main/java/org/a/X.java", "src/test/java/org/a/XTest.java"),
        ("java", "core/src/main/java/X.java", "core/src/test/java/XTest.java"),
        ("java", "org/main/X.java", "org/main/XTest.java"),
        ("java", "src/test/java/XTest.java", "src/test/java/XMoreTest.java"),
        ("kotlin", "src/main/kotlin/X.kt", "src/test/kotlin/XTest.kt"),
        ("scala", "src/main/scala/X.scala", "src/test/scala/XSpec.scala"),
        ("csharp", "App/X.cs", "App/XTests.cs"),
        ("c", "src/x.c", "src/test_x.c"),
        ("c", "src/x.h", "src/test_x.c"),
        ("cpp", "src/x.cc", "src/x_test.cc"),
        ("cpp", "src/x.hpp", "src/x_test.cpp"),
        ("ruby", "lib/a/x.rb", "spec/a/x_spec.rb"),
        ("ruby", "app/models/x.rb", "spec/models/x_spec.rb"),
        ("php", "src/A/X.php", "tests/A/XTest.php"),
        ("swift", "Sources/Core/Sub/X.swift", "Tests/CoreTests/XTests.swift"),
        ("elixir", "lib/a/x.ex", "test/a/x_test.exs"),
        ("haskell", "src/A/X.hs", "test/A/XSpec.hs"),
        ("lua", "lua/a/x.lua", "spec/a/x_spec.lua"),
        ("r", "R/x.R", "tests/testthat/test-x.R"),
        ("perl", "lib/A/X.pm", "t/X.t"),
        ("perl", "t/x.t", "t/x_test.t"),
        ("shellscript", "bin/x.sh", "bin/x.bats"),
        ("zig", "src/x.zig", "src/x_test.zig"),
        ("sql", "db/x.sql", "db/test_x.sql"),
        ("python", "Untitled-1", "test_Untitled-1.py"),
        ("python", "untitled:Untitled-1", "test_untitled_Untitled-1.py"),
        ("go", "", "untitled_test.go"),
        ("plaintext", "", "test_untitled.txt"),
        ("python", "/abs/x.py", "/abs/test_x.py"),
        ("python", "/x.py", "/test_x.py"),
    ],
)
def test_tests_go_where_they_are_looked_for(language: str, path: str, expected: str) -> None:
    """As is usual in the language."""
    assert new_file_path(replace(SUBJECT, language=language, path=path)) == expected


NAMES = st.text(alphabet="abXY_-.: é", min_size=1, max_size=6).filter(lambda name: set(name) - set(". "))
FOLDERS = st.lists(st.sampled_from(["src", "main", "lib", "tests", "Sources", "R", "app", "a"]), max_size=4)


@given(st.sampled_from([*CONVENTIONS, "sql"]), FOLDERS, NAMES, st.sampled_from([*LANGUAGES, ""]))
def test_a_subject_is_never_its_own_tests(language: str, folders: list[str], name: str, ending: str) -> None:
    """And the new file is in the workspace as the subject is."""
    path = "/".join([*folders, f"{name}{ending}"])
    result = new_file_path(replace(SUBJECT, language=language, path=path))

    assert result != path
    assert PurePosixPath(result).name
    assert not result.startswith("/")
    assert ".." not in PurePosixPath(result).parts


def test_every_known_framework_is_named() -> None:
    """And another language is told something true."""
    assert framework_of("python") == "pytest"
    assert framework_of("go").startswith("the testing package")
    assert "framework" in framework_of("cobol")
