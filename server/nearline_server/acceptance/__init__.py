"""What became of suggestions: shown, accepted whole or in part, and how much of it is still there later."""
