"""How hot the machine behind an endpoint is (`heat`), seen by `sensors` and by its own speed, and what follows."""
