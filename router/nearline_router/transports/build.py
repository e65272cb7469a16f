"""From a profile to its transport: which protocol, at which address, with which key."""

from __future__ import annotations

from urllib.parse import urlsplit

from nearline_router.errors import EndpointUnauthorized
from nearline_router.registry.profile import Profile
from nearline_router.transports.anthropic import VERSION, Anthropic
from nearline_router.transports.ollama import Ollama
from nearline_router.transports.openai_chat import OpenAIChat
from nearline_router.transports.openai_completions import OpenAICompletions
from nearline_router.transports.warm_up import WarmUp
from nearline_router.types import Chunks, Endpoint, Infill, RoutingRequest
from nearline_router.warm.session import Session


class OpenAI:
    """One endpoint of OpenAI's protocol: holes go to `/completions`, conversations to `/chat/completions`.

    Plain text is a message where the endpoint chats.
    """

    def __init__(self, profile: Profile, session: Session) -> None:
        self._chats = profile.chats
        self._chat = OpenAIChat(profile, session)
        self._completions = OpenAICompletions(profile, session)

    @property
    def id(self) -> str:
        """The endpoint's name in the configuration."""
        return self._chat.id

    def stream(self, request: RoutingRequest) -> Chunks:
        """See Endpoint.stream."""
        text = isinstance(request.prompt, str) and not self._chats
        fitting = self._completions if text or isinstance(request.prompt, Infill) else self._chat
        return fitting.stream(request)


def transport(profile: Profile, session: Session) -> Endpoint:
    """The endpoint behind a session to `base_url(profile)` with `auth_headers(profile, key)`.

    Raises ValueError for llama.cpp's protocol, whose connections are its own.
    """
    match profile.protocol:
        case "openai":
            endpoint: Endpoint = OpenAI(profile, session)
        case "anthropic":
            endpoint = Anthropic(profile, session)
        case "ollama":
            endpoint = Ollama(profile, session)
        case "llamacpp":
            raise ValueError(f"{profile.id}: llama.cpp's protocol takes no session")
    return WarmUp(endpoint, profile.local)


def base_url(profile: Profile) -> str:
    """The URL under which the protocol's paths are. Raises ValueError for a profile without a host."""
    if profile.host is None:
        raise ValueError(f"{profile.id}: there is no host")
    host = profile.host.rstrip("/")
    if profile.protocol == "openai":
        return host if urlsplit(host).path else f"{host}/v1"
    # The other protocols' paths bring their own version.
    return host.removesuffix("/v1")


def auth_headers(profile: Profile, key: str | None) -> dict[str, str]:
    """What makes every request to an endpoint its owner's.

    Raises EndpointUnauthorized for a key that cannot stand in a header; the error does not repeat it.
    """
    key = (key or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise EndpointUnauthorized(f"{profile.id}: the key holds characters that no key has")
    headers = {"X-Title": "Nearline"} if profile.provider == "openrouter" else {}
    if profile.protocol == "anthropic":
        headers = {"anthropic-version": VERSION}
        return headers | ({"x-api-key": key} if key else {})
    return headers | ({"Authorization": f"Bearer {key}"} if key else {})


def warm_path(profile: Profile) -> str:
    """What to GET to keep a connection warm: small, free, and authenticated where the protocol is."""
    if profile.provider == "openrouter":
        return "/key"
    paths = {"openai": "/models", "anthropic": "/v1/models", "ollama": "/api/version", "llamacpp": "/health"}
    return paths[profile.protocol]
