"""Runs a program from standard input that a model may have written a part of; a script for an interpreter of its own.

`sandbox` starts it, and says what it protects from.
"""

import os
import sys

# No exit status that a program ends with by accident.
PASSED = 77
MEMORY_BYTES = 1 << 30
CPU_S = 5
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Events of Python's own audit (docs.python.org, "Audit events table") that change something outside of the process.
FORBIDDEN = (
    "ctypes.",
    "fcntl.",
    "ftplib.",
    "glob.",
    "http.",
    "mmap.",
    "os.",
    "pty.",
    "shutil.",
    "signal.",
    "smtplib.",
    "socket.",
    "sqlite3.",
    "subprocess.",
    "syslog.",
    "tempfile.",
    "urllib.",
    "webbrowser.",
    "winreg.",
    "_winapi.",
)
# The import system looks into folders.
ALLOWED = frozenset({"os.listdir", "os.scandir"})


class Forbidden(BaseException):
    """The program reached for something outside of itself; not an Exception, which programs swallow."""


def audit(event: str, arguments: tuple[object, ...]) -> None:
    """A hook of sys.addaudithook, which nothing can take away again. Raises Forbidden."""
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES:
        raise Forbidden(event)
    if event.startswith(FORBIDDEN) and event not in ALLOWED:
        raise Forbidden(event)


def limit() -> None:
    """Seconds of CPU, memory, no file with content, no core. Only where the system has such limits."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, most in (("CPU", CPU_S), ("AS", MEMORY_BYTES), ("FSIZE", 0), ("CORE", 0)):
        try:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
        except (ValueError, OSError, AttributeError):  # macOS has no limit of address space that can be set
            continue


def main() -> None:
    """End with PASSED if the program runs to its end."""
    program = compile(sys.stdin.buffer.read(), "program", "exec")
    limit()
    sys.addaudithook(audit)
    exec(program, {"__name__": "__main__"})  # noqa: S102 (what this is for)
    os._exit(PASSED)


if __name__ == "__main__":
    main()
