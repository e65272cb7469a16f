"""What a provider bills against what the ledger recorded: `reconciled`."""

from nearline_router.reconcile.compare import Line, Reconciliation, reconciled
from nearline_router.reconcile.export import Export, ExportError, read_export

__all__ = ["Export", "ExportError", "Line", "Reconciliation", "read_export", "reconciled"]
