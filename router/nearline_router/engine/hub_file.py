"""A model as one file on an HTTP server, such as the model hub; taken up again where it was cut."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nearline_router.engine.sources import Report, length
from nearline_router.errors import ModelStoreError

if TYPE_CHECKING:
    import httpx2

CHUNK_BYTES = 256 * 1024
CONNECT_TIMEOUT_S = 5.0
SILENCE_TIMEOUT_S = 30.0
HTTP_ATTEMPTS = 8  # a connection that is cut but brought something is taken up again this often


@dataclass(frozen=True)
class HubFile:
    """One file behind a URL; resumed with Range where the server understands it."""

    url: str

    @property
    def label(self) -> str:
        """The host name."""
        return urlsplit(self.url).hostname or self.url

    @property
    def scratch_bytes(self) -> int:
        """None: the bytes go straight to their place."""
        return 0

    def fetch(self, partial: Path, size_bytes: int, report: Report) -> None:
        """Downloads the rest; takes a cut connection up again as long as each one brings something."""
        import httpx2  # here, because the catalogue is read at start-up and this import is slow

        for _ in range(HTTP_ATTEMPTS):
            start = length(partial)
            if start == size_bytes:
                return
            try:
                self._receive(partial, start, size_bytes, report)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                if length(partial) <= start:
                    raise ModelStoreError(f"connection failed ({str(error) or type(error).__name__})") from error
        raise ModelStoreError(f"the connection broke {HTTP_ATTEMPTS} times")

    def _receive(self, partial: Path, start: int, size_bytes: int, report: Report) -> None:
        import httpx2

        headers = {"Accept-Encoding": "identity"}  # a packed transfer would make Range count other bytes
        if start:
            headers["Range"] = f"bytes={start}-"
        timeout = httpx2.Timeout(SILENCE_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        with (
            httpx2.Client(follow_redirects=True, timeout=timeout) as client,
            client.stream("GET", self.url, headers=headers) as response,
        ):
            done = _offset(response, start, size_bytes)
            with partial.open("ab" if done else "wb") as file:
                for chunk in response.iter_raw():
                    done += len(chunk)
                    if done > size_bytes:
                        raise ModelStoreError(f"it sends more than the {size_bytes:,} bytes expected")
                    file.write(chunk)
                    report(done)


def _offset(response: httpx2.Response, start: int, size_bytes: int) -> int:
    """Where in the file the body begins, in bytes; ModelStoreError when it is not our file."""
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        offered = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if not offered or int(offered[1]) != start:
            raise ModelStoreError("it answered with another range than asked")
        offset, total = start, offered[2]
    elif response.status_code == HTTPStatus.OK:  # it ignored Range, so the body is the whole file
        offset, total = 0, response.headers.get("Content-Length", "*")
    elif response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        # A full partial file is never asked for more, so it is their file that is shorter.
        raise ModelStoreError(f"its file ends before byte {start:,}, expected {size_bytes:,} bytes")
    else:
        raise ModelStoreError(f"it answered {response.status_code} {response.reason_phrase}")
    if total.isdigit() and int(total) != size_bytes:
        raise ModelStoreError(f"it offers {int(total):,} bytes, expected {size_bytes:,}")
    return offset
