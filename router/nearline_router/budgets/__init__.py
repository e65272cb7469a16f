"""Who pays for a request (`centres`), what may still be spent (`room`), and what is held against it (`budgets`)."""
