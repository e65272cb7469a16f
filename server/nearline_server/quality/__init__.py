"""How good completions are: holes in known code, filled through the server's own pipeline, compared and run."""
