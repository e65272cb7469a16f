"""Reading the ledger: what a `period` cost and brought (`account`), and what other ways would have cost (`tco`)."""
