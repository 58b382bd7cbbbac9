"""Rubrics: read from YAML with every problem at its line, and described to editors."""

from grader.assignment.criterion import Criterion, Rubric
from grader.assignment.rubric.entries import json_schema
from grader.assignment.rubric.load import Reading, bundled, load, read

__all__ = ["Criterion", "Reading", "Rubric", "bundled", "json_schema", "load", "read"]
