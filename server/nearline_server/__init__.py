"""The language server and the command line: speaks LSP at the door, plain values inside."""
