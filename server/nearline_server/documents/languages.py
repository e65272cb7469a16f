"""Language ids as editors use them, from file names, for the commands that have no editor."""

from __future__ import annotations

from pathlib import PurePath

LANGUAGES = {
    ".bash": "shellscript", ".c": "c", ".cc": "cpp", ".cpp": "cpp", ".cs": "csharp", ".css": "css", ".ex": "elixir",
    ".go": "go", ".h": "c", ".hpp": "cpp", ".hs": "haskell", ".html": "html", ".java": "java", ".js": "javascript",
    ".json": "json", ".jsx": "javascriptreact", ".kt": "kotlin", ".lua": "lua", ".md": "markdown", ".php": "php",
    ".pl": "perl", ".py": "python", ".pyi": "python", ".r": "r", ".rb": "ruby", ".rs": "rust", ".scala": "scala",
    ".sh": "shellscript", ".sql": "sql", ".swift": "swift", ".tex": "latex", ".toml": "toml", ".ts": "typescript",
    ".tsx": "typescriptreact", ".txt": "plaintext", ".yaml": "yaml", ".yml": "yaml", ".zig": "zig",
}  # fmt: skip


def language_of(path: str) -> str:
    """The language id of a file name; an unknown ending is plain text."""
    return LANGUAGES.get(PurePath(path).suffix.lower(), "plaintext")
