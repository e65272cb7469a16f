"""Connections that are open and authenticated before they are needed (`session`).

`keep` says when they are asked only to stay open, `cancel` what a request that is left does to them, `pools` holds
what is reached by private parts of httpcore2, `network` the sockets, `client` limits and trust.
"""
