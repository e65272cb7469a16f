"""What a model server tells of itself over plain GETs; no prompt is sent to anybody."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from nearline_router.checkup.answers import Details, Meta, Models, Props, Tags
from nearline_router.checkup.quantization import UNKNOWN, Quantization, quantization_of
from nearline_router.errors import EndpointMalformed, EndpointRefused, EndpointUnauthorized
from nearline_router.registry.profile import Profile
from nearline_router.transports.build import warm_path
from nearline_router.transports.http_errors import mapped_errors, raise_for_status
from nearline_router.transports.wire import Wire, parsed
from nearline_router.warm.session import Session

W = TypeVar("W", bound=Wire)

# What OpenRouter's connection is kept warm by tells of the key, and not of models.
OPENROUTER_KEY = "/key"


@dataclass(frozen=True, slots=True)
class Told:
    """What a server says. `cold_ms` is the first answer, connection included, `warm_ms` the second.

    `models` are those it has, None if it does not list them; `loaded` whether the endpoint's is in memory, None if
    that is not told; `context_tokens` the window of one request. `refuses`: it answers, and does not know the address
    of its list, as a server that has none, or one at another address.
    """

    cold_ms: float
    warm_ms: float
    models: tuple[str, ...] | None = None
    loaded: bool | None = None
    context_tokens: int | None = None
    quantization: Quantization = UNKNOWN
    refuses: bool = False


class Questions:
    """GETs over one session, and how long they took."""

    def __init__(self, endpoint_id: str, session: Session, clock: Callable[[], float]) -> None:
        self._id = endpoint_id
        self._session = session
        self._clock = clock
        self._took_ms: list[float] = []

    @property
    def cold_ms(self) -> float:
        """Of the first one, connection included."""
        return self._took_ms[0]

    @property
    def warm_ms(self) -> float:
        """Of the last one."""
        return self._took_ms[-1]

    async def get(self, path: str) -> bytes:
        """The body. Raises EndpointError."""
        start_s = self._clock()
        async with mapped_errors(self._id):
            response = await self._session.get(path)
        self._took_ms.append((self._clock() - start_s) * 1000)
        raise_for_status(self._id, response.status_code, response.text, response.headers)
        return response.content

    async def ask(self, path: str, kind: type[W]) -> W:
        """The body as values. Raises EndpointError."""
        body = await self.get(path)
        try:
            return parsed(self._id, kind, body)
        except EndpointMalformed:
            raise EndpointMalformed(f"{self._id}: what it answers to {path} is not of its protocol") from None


async def told(profile: Profile, session: Session, clock: Callable[[], float] = time.monotonic) -> Told:
    """What the endpoint's server says, by two cheap requests with its key. Raises EndpointError and ConfigError."""
    questions = Questions(profile.id, session, clock)
    match profile.protocol:
        case "llamacpp":
            return await _llamacpp(questions)
        case "ollama":
            return await _ollama(profile.model or "", questions)
        case _:
            return await _listing(profile, questions)


def has_model(models: tuple[str, ...], name: str) -> bool:
    """Whether a list has a model: by its name, with Ollama's default tag, or as a name that only adds a date."""
    return any(one in (name, f"{name}:latest") or one.startswith(f"{name}-20") for one in models)


async def _llamacpp(questions: Questions) -> Told:
    props = await questions.ask("/props", Props)
    models = Models()
    with suppress(EndpointRefused):  # no completion needs it
        models = await questions.ask("/v1/models", Models)
    meta = next((model.meta for model in models.data if model.meta), None) or Meta()
    names = (props.model_ftype or "", _base(props.model_path), props.model_alias or "")
    served = _base(props.model_alias or props.model_path)
    context_tokens = props.default_generation_settings.n_ctx
    quantization = quantization_of(names, meta.n_params, meta.size)
    return Told(questions.cold_ms, questions.warm_ms, (served,), True, context_tokens, quantization)


async def _ollama(name: str, questions: Questions) -> Told:
    tags = await questions.ask("/api/tags", Tags)
    running = await questions.ask("/api/ps", Tags)
    here = next((tag for tag in tags.models if has_model((tag.name,), name)), None)
    loaded = next((tag for tag in running.models if has_model((tag.name,), name)), None)
    details = here.details if here else Details()
    return Told(
        questions.cold_ms,
        questions.warm_ms,
        tuple(tag.name for tag in tags.models),
        loaded is not None,
        loaded.context_length if loaded else None,
        quantization_of((details.quantization_level, details.parameter_size)),
    )


async def _listing(profile: Profile, questions: Questions) -> Told:
    """By the GET that keeps the connection warm; a refusal is no failure, unless it is for the key."""
    try:
        models = await _listed(warm_path(profile), questions)
    except EndpointUnauthorized:
        raise
    except EndpointRefused:
        return Told(questions.cold_ms, questions.warm_ms, refuses=True)
    ids = None if models.has_more else tuple(model.id for model in models.data) or None
    own = next((model for model in models.data if model.id == profile.model), None)
    return Told(questions.cold_ms, questions.warm_ms, ids, context_tokens=own.max_model_len if own else None)


async def _listed(path: str, questions: Questions) -> Models:
    """What a GET lists that is sent twice, once cold and once warm."""
    await questions.get(path)
    if path == OPENROUTER_KEY:
        await questions.get(path)
        return Models()
    return await questions.ask(path, Models)


def _base(path: str) -> str:
    """A model file's name; its server may run on another system."""
    return path.replace("\\", "/").rpartition("/")[2]
