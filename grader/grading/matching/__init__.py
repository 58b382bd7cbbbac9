"""Which training answers which stage of the rubric: by what it looks like, what is said about it, and order."""
