"""One small tree of errors; every transport maps its own errors to it once, at the seam.

RouterError
├── ConfigError             the configuration file is wrong; says where and what was expected
├── NoEndpoint              no permitted endpoint is left for this request
├── Superseded              a newer request took this one's place in the queue
├── ModelStoreError         a model cannot be found, fetched or verified
├── EngineError             the embedded engine cannot start
│   └── ModelMissing        because its model is not on this machine yet
└── EndpointError           an endpoint was asked and failed
    ├── EndpointUnavailable it refused, reset, or cannot be reached (retryable)
    ├── EndpointSlow        it took the request and gave no content in time (retryable)
    ├── EndpointBusy        it is loading, full or limiting (retryable, perhaps after `retry_after_s`)
    │   └── EndpointStarting    because it is only just coming up
    ├── EndpointRefused     it answered that the request is wrong
    │   ├── EndpointTooLong     because it is longer than the model's context
    │   └── EndpointUnauthorized because of the key or the account: needs a person's attention
    └── EndpointMalformed   it answered with something that is not its protocol
        └── EndpointCut     the stream ended without its end mark
"""

from __future__ import annotations


class RouterError(Exception):
    """Base of everything the router raises on purpose; the text is fit to show to a user."""


class ConfigError(RouterError):
    """The configuration is wrong; the text names file, line, column and what was expected."""


class NoEndpoint(RouterError):
    """No endpoint is permitted, or none is left, for this request."""


class Superseded(RouterError):
    """A newer request of the same document took this one's place; nobody waits for the answer."""


class ModelStoreError(RouterError):
    """A model cannot be found, fetched or verified."""


class EngineError(RouterError):
    """The embedded engine cannot start; the text says what to do."""


class ModelMissing(EngineError):
    """The embedded engine has no model on this machine yet; pulling it is the user's decision."""


class EndpointError(RouterError):
    """An endpoint was asked and failed."""


class EndpointUnavailable(EndpointError):
    """It refused, reset, or cannot be reached."""


class EndpointBusy(EndpointError):
    """It is loading, full or limiting; `retry_after_s` is its own word, if it gave one."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class EndpointStarting(EndpointBusy):
    """It is only just coming up: a model that is loaded, an engine that is started."""


class EndpointSlow(EndpointError):
    """It took the request and gave no content in time."""


class EndpointRefused(EndpointError):
    """It answered that the request is wrong; asking again will not help."""


class EndpointTooLong(EndpointRefused):
    """The request is longer than the model's context; an endpoint with a larger one may take it."""


class EndpointUnauthorized(EndpointRefused):
    """The key is missing, wrong or has no credit; nothing but a person can help."""


class EndpointMalformed(EndpointError):
    """It answered with something that is not its protocol."""


class EndpointCut(EndpointMalformed):
    """The stream ended without its end mark, so what came may be half an answer."""
