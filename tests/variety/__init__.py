"""A varied class of students, with what an expert instructor would say answers each stage, seed by seed."""
