"""What a rubric can ask of a submission: one small class for each check, all named in `registry`."""
