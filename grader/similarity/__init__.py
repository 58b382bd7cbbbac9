"""Which submissions have code in common beyond what all were given; it decides nothing."""
