"""The router: knows endpoints, tokens, money, heat and law; knows nothing of LSP."""
