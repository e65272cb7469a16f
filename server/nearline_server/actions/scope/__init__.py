"""What an action is about, found from the cursor: `enclosing`."""

from nearline_server.actions.scope.enclosing import scope

__all__ = ["scope"]
