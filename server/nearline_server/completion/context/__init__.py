"""What of other open files goes into a wide window: `index` and `chosen` pick it, `neighbours` says what may go."""
