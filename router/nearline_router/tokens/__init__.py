"""How many tokens a text has: guessed in microseconds to route by (`estimate`), counted to report and to limit."""
