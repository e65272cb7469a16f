"""What a model is asked, and how text of files is kept apart from instructions: `compose`."""

from nearline_server.actions.prompt.compose import prompt_for

__all__ = ["prompt_for"]
