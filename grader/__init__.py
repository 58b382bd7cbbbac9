"""Grades a lab from what it measures: submissions are run once in confinement, facts are judged by a rubric."""
