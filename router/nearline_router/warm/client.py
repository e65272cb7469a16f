"""The HTTP client of one endpoint: its limits, its trust, and whether a proxy may see it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import httpx2

from nearline_router.errors import ConfigError

# On HTTP/2 one read timeout ends every stream of its connection, so deadlines are the caller's (asyncio.timeout);
# an endpoint that says nothing for this long is not going to.
TIMEOUT = httpx2.Timeout(300.0, connect=5.0)
# Idle connections live longer than the time between two warm-ups; httpx2's own 5 s is less than a pause for thought.
LIMITS = httpx2.Limits(max_keepalive_connections=16, keepalive_expiry=90.0)


def load_client(
    endpoint_id: str, base_url: str, headers: Mapping[str, str], *, local: bool, http2: bool, ca_file: str | None
) -> httpx2.AsyncClient:
    """The client; blocks for some 30 ms where it reads certificate authorities. Raises ConfigError for a bad file."""
    return httpx2.AsyncClient(
        base_url=base_url,
        headers=dict(headers),
        timeout=TIMEOUT,
        limits=LIMITS,
        trust_env=not local,
        http2=http2,
        verify=_authorities(endpoint_id, base_url, ca_file),
    )


def _authorities(endpoint_id: str, base_url: str, ca_file: str | None) -> ssl.SSLContext | bool:
    if base_url.startswith("http:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, and costs nothing
    try:
        return ssl.create_default_context(cafile=ca_file) if ca_file else True
    except OSError as error:
        raise ConfigError(f"{endpoint_id}: the file of certificate authorities cannot be read") from error
