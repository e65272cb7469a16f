"""Commands that need a strong model: what they are, what they ask, and what becomes of the answer."""
