"""What must stay with the user: `rules` decides, over ignore files (`ignore`) and keys found in text (`secrets`)."""
