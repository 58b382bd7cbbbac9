"""`grader init`: a folder with all that a course needs to begin."""

from grader.course.lay_out import init

__all__ = ["init"]
