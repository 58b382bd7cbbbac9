"""Random numbers that follow from the student's own code alone."""
