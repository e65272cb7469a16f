"""`nearline explain`, `refactor` and the other actions on the command line."""
