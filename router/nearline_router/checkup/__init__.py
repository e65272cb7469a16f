"""Whether everything works, measured and looked up; plain values, and a `Finding` for each thing worth a line.

`examination` asks everything at once. What talks HTTP: `servers` (what a server says of itself) and `speed`.
"""
