"""What goes with the subject: `gather`."""
