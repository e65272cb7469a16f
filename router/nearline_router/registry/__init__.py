"""Which endpoints there are: what the configuration leaves out is filled in by provider (`profile`)."""
