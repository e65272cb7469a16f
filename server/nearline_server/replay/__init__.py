"""Seeded replays of real editing: what is typed and when, a player in front of any window, and what the user got."""
