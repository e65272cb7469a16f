"""What stays with the user: the one place where an endpoint counts as local or not."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from nearline_router.config.endpoint import CLOUD_PROVIDERS, EndpointConfig


def is_local(endpoint: EndpointConfig, model: str | None) -> bool:
    """Whether what is sent to a model of this endpoint stays: only if that was said, or it runs on this machine.

    In doubt it does not, so that nothing leaves by mistake: no word of a file makes a cloud provider local.
    """
    if endpoint.provider in CLOUD_PROVIDERS:
        return False
    # An Ollama server passes models of these names on to Ollama's cloud (its documentation of cloud models).
    passed_on = model is not None and model.lower().endswith(("-cloud", ":cloud"))
    if passed_on and (endpoint.provider == "ollama" or not endpoint.local):
        return False
    if endpoint.local is not None:
        return endpoint.local
    # Without a host it is where the provider's server listens by default, which is loopback for all but the cloud.
    return endpoint.host is None or is_loopback(endpoint.host)


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine: `localhost`, a name below it (RFC 6761), or a loopback address."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
