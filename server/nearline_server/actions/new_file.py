"""Where the tests of a file go and what they are written with, as is usual in its language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from nearline_server.actions.values import Subject
from nearline_server.documents.languages import LANGUAGES


@dataclass(frozen=True, slots=True)
class Convention:
    """How tests are made. `before` and `after` stand around the tested file's name.

    `folder` is a pattern of the tested file's folder (with a slash at its end) and what becomes of it; a folder that
    does not match is the tests' own. `ending` is None where it is the tested file's.
    """

    framework: str
    before: str = ""
    after: str = ""
    folder: tuple[str, str] | None = None
    ending: str | None = None


# Maven's and Gradle's layout.
_MAVEN = (r"(^|/)src/main/", r"\1src/test/")
_JAVASCRIPT = Convention("the project's test framework (Jest or Vitest)", after=".test")
CONVENTIONS: dict[str, Convention] = {
    "c": Convention("the project's test framework (assert.h if it has none)", before="test_", ending=".c"),
    "cpp": Convention("GoogleTest", after="_test"),
    "csharp": Convention("xUnit", after="Tests"),
    "elixir": Convention("ExUnit", after="_test", folder=(r"(^|/)lib/", r"\1test/"), ending=".exs"),
    "go": Convention("the testing package, with tables of cases", after="_test"),
    "haskell": Convention("Hspec", after="Spec", folder=(r"(^|/)src/", r"\1test/")),
    "java": Convention("JUnit 5", after="Test", folder=_MAVEN),
    "javascript": _JAVASCRIPT,
    "javascriptreact": _JAVASCRIPT,
    "kotlin": Convention("kotlin.test on JUnit 5", after="Test", folder=_MAVEN),
    "lua": Convention("busted", after="_spec", folder=(r"(^|/)(?:src|lua)/", r"\1spec/")),
    "perl": Convention("Test::More", folder=(r"(^|/)lib/.*", r"\1t/"), ending=".t"),
    "php": Convention("PHPUnit", after="Test", folder=(r"(^|/)src/", r"\1tests/")),
    "python": Convention("pytest", before="test_", ending=".py"),
    "r": Convention("testthat", before="test-", folder=(r"(^|/)R/", r"\1tests/testthat/")),
    "ruby": Convention("RSpec", after="_spec", folder=(r"(^|/)(?:lib|app)/", r"\1spec/")),
    # Cargo takes the files of tests/ for crates, and not those of folders in it.
    "rust": Convention("cargo test, as an integration test of the crate", folder=(r"(^|/)src/.*", r"\1tests/")),
    "scala": Convention("ScalaTest", after="Spec", folder=_MAVEN),
    "shellscript": Convention("Bats", ending=".bats"),
    "swift": Convention("XCTest", after="Tests", folder=(r"(^|/)Sources/([^/]+)/.*", r"\1Tests/\2Tests/")),
    "typescript": _JAVASCRIPT,
    "typescriptreact": _JAVASCRIPT,
    "zig": Convention("zig test", after="_test"),
}
OTHER = Convention("the test framework that is usual in the language", before="test_")
# Where a declaration's file is tested by one that has code.
CODE_ENDINGS = {".h": ".cpp", ".hpp": ".cpp", ".hh": ".cc", ".hxx": ".cxx"}
# What no file system, or not each, takes in a name.
UNFIT = re.compile(r'[\x00-\x1f<>:"|?*\\/]')


def framework_of(language: str) -> str:
    """What tests are written with, as words of a prompt."""
    return CONVENTIONS.get(language, OTHER).framework


def new_file_path(subject: Subject) -> str:
    """Where a new file of tests for a subject goes, relative to the workspace as the subject's path is; reads no disk.

    Never the subject's own path. There may be such a file.
    """
    convention = CONVENTIONS.get(subject.language, OTHER)
    path = PurePosixPath(subject.path)
    folder = "" if path.parent == PurePosixPath() else f"{path.parent}/".replace("//", "/")
    if convention.folder:
        folder = re.sub(*convention.folder, folder, count=1)
    ending = convention.ending or CODE_ENDINGS.get(path.suffix, path.suffix) or _ending(subject.language)
    result = f"{folder}{_name(UNFIT.sub('_', path.stem) or 'untitled', convention)}{ending}"
    return result if result != subject.path else f"{folder}{path.stem}_test{ending}"


def _name(stem: str, convention: Convention) -> str:
    """The name of tests; of tests for a file that has tests itself, another one."""
    before, after = convention.before, convention.after
    inner = stem.removeprefix(before).removesuffix(after)
    if not (before or after) or not stem.startswith(before) or not stem.endswith(after) or not inner:
        return f"{before}{stem}{after}"
    return f"{before}{inner}{'More' if after[:1].isupper() else '_more'}{after}"


def _ending(language: str) -> str:
    return next((ending for ending, known in LANGUAGES.items() if known == language), "")
