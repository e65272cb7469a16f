"""What model servers answer to plain GETs, as far as a checkup reads it."""

from __future__ import annotations

from nearline_router.transports.wire import Wire


class Settings(Wire):
    """Of one request of llama.cpp, by default."""

    n_ctx: int


class Props(Wire):
    """llama.cpp's `/props`; `model_ftype` only of newer servers."""

    model_path: str = ""
    model_alias: str | None = None
    model_ftype: str | None = None
    default_generation_settings: Settings


class Meta(Wire):
    """What llama.cpp says of a model: the number of its weights, and their bytes."""

    n_params: float | None = None
    size: float | None = None


class Model(Wire):
    """One of OpenAI's list; `meta` is llama.cpp's, `max_model_len` vLLM's."""

    id: str
    meta: Meta | None = None
    max_model_len: int | None = None


class Models(Wire):
    """OpenAI's list, and Anthropic's, which comes in pages."""

    data: tuple[Model, ...] = ()
    has_more: bool = False


class Details(Wire):
    """What Ollama says of a model, such as `70.6B` and `Q4_K_M`."""

    parameter_size: str = ""
    quantization_level: str = ""


class Tag(Wire):
    """A model of an Ollama server; `context_length` of one that is loaded, and only of newer servers."""

    name: str
    details: Details = Details()
    context_length: int | None = None


class Tags(Wire):
    """Ollama's list, of what it has and of what is loaded."""

    models: tuple[Tag, ...] = ()
