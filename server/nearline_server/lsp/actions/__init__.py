"""Actions in the editor: the menu, the commands, and the edits that come of them."""
