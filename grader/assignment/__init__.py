"""What is asked: the rubric with its parts, the rule for late work, the reference that it names with its bands."""
