"""`python -P -m nearline_server` is `nearline`, for those who start it with their own interpreter."""

from nearline_server.cli.main import main

main()
