"""The rubrics that travel with the grader."""
