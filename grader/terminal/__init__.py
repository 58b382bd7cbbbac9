"""What a person sees while the grader runs, and right after: a class's table, one's own run, an explanation."""
