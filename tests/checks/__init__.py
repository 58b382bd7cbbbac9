"""Tests of the checks, one module for each of theirs."""
