"""Arguments of Keras's methods that decide which way can be taken."""

STEPS = ("steps_per_epoch", "steps", "validation_steps")
"""With any of these an epoch is not one pass over the data."""
