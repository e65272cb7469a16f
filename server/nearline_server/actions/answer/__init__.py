"""What of a model's answer is code, laid out as the text that it is to replace: `extract`."""

from nearline_server.actions.answer.extract import Extracted, extracted

__all__ = ["Extracted", "extracted"]
