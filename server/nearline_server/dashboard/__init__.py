"""What is going on now and what it cost today, for a browser on this machine: a server on loopback behind a key.

`access` lets in, `watch` looks, `page` shows, `app` puts them together and `serve` runs that.
"""
