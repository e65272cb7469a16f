"""`nearline.yaml`: what can be set, how a file is read, and how its mistakes are told.

What can be set: `models`, `endpoint`, `routing`, `limits`; `locality` says which endpoints keep what they are sent.
Reading: `document` (one file), `source` and `checks`, `layers` (user and folder), `tightening`, `trust`, `watch`.
"""

from nearline_router.config.endpoint import EndpointConfig
from nearline_router.config.layers import Loaded, layered
from nearline_router.config.models import EngineConfig, RouterConfig
from nearline_router.config.problem import ConfigProblem, InvalidConfig
from nearline_router.config.source import load_config

__all__ = [
    "ConfigProblem",
    "EndpointConfig",
    "EngineConfig",
    "InvalidConfig",
    "Loaded",
    "RouterConfig",
    "layered",
    "load_config",
]
