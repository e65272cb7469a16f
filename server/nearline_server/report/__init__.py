"""The report on what a period cost and brought: `contents` says what is in it, `html`, `markdown`, … how it looks."""
