"""Who is next at an endpoint: one queue per process (`queue`), one limit and one order per machine (`lease`)."""

from nearline_router.admission.queue import Admission

__all__ = ["Admission"]
